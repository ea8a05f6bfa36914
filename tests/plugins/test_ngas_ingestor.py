"""The product archive that is an NGAS server: what is asked, what is sent, and what its faults lead to."""

import hashlib
import logging
import os
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from processing.core.errors import ABFailed, NotInArchive, NotWithdrawn
from processing.plugins import copies
from processing.plugins.ingestors.ngas import NgasIngestor
from tests.ngas_server import serve_ngas

NAME = "ADP.2012-05-11T06:07:08.123.fits"
CONTENT = bytes(range(256)) * 4000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
PASSWORD = "open-sesame"  # noqa: S105
QUICK = {"timeout": 0.5, "pause": 0.01}


class Site:
    """A server in one of its moods, and a product to store."""

    def __init__(self, folder: Path, url: str):
        self.root, self.url, self.control, self.copies = folder / "ngas", url, folder / "control", folder / "copies"
        self.product = folder / "product.fits"
        self.product.write_bytes(CONTENT)

    def ingestor(self, **options: Any) -> NgasIngestor:
        return NgasIngestor(self.url, self.copies, **{**QUICK, **options})

    def store(self, **options: Any) -> str:
        return self.ingestor(**options).store(self.product, NAME, SHA256)

    def versions(self) -> dict[int, bytes]:
        return {int(file.parent.name): file.read_bytes() for file in self.root.rglob(NAME)}

    def keeps(self, content: bytes, version: int = 1) -> None:
        (self.root / str(version)).mkdir(exist_ok=True)
        (self.root / str(version) / NAME).write_bytes(content)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    (tmp_path / "ngas").mkdir()
    with serve_ngas(tmp_path / "ngas", tmp_path / "control") as url:
        yield Site(tmp_path, url)


def push(url: str, announced: int, body: bytes) -> bytes:
    """A bare upload, which may announce more than it sends."""
    host, _, port = url.removeprefix("ngas://").partition(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(
            f"POST /QARCHIVE?filename={NAME}&mime_type=image/x-fits HTTP/1.1\r\n"
            f"Content-Type: image/x-fits\r\nContent-Length: {announced}\r\n\r\n".encode()
        )
        connection.sendall(body)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_the_address_of_a_product_retrieves_it(site):
    assert site.store() == f"{site.url.replace('ngas:', 'http:')}/RETRIEVE?file_id=ADP.2012-05-11T06%3A07%3A08.123.fits"


def test_the_server_makes_a_second_version_of_what_is_sent_twice(site):
    answers = [push(site.url, 4, b"same") for _ in range(2)]
    assert [b'FileVersion="2"' in answer for answer in answers] == [False, True]
    assert site.versions() == {1: b"same", 2: b"same"}


def test_the_server_refuses_a_truncated_upload(site):
    answer = push(site.url, 100, b"half")
    assert answer.startswith(b"HTTP/1.0 400")
    assert b'Status="FAILURE"' in answer
    assert site.versions() == {}


def test_a_product_is_stored_once_however_often_it_is_sent(site):
    for _ in range(3):
        site.store()
    assert site.versions() == {1: CONTENT}


def test_a_product_that_was_stored_while_nobody_was_told_is_found_at_the_next_attempt(site):
    site.control.write_text("mute")
    with pytest.raises(OSError, match="cannot be reached"):
        site.store()
    site.control.write_text("")
    site.store()
    assert site.versions() == {1: CONTENT}


@pytest.mark.parametrize(
    ("mood", "why"),
    [
        ("errors", "HTTP 503"),
        ("busy", "HTTP 503.*Maximum number of requests"),
        ("hanging", "timed out"),
        ("cut", "cannot be reached"),
        ("garbled", "did not arrive whole"),
    ],
)
def test_a_server_that_does_not_take_a_product_now_may_take_it_later(site, mood, why):
    site.control.write_text(mood)
    started = time.monotonic()
    with pytest.raises(OSError, match=why):
        site.store()
    assert time.monotonic() - started < 10
    assert site.versions() == {}
    site.control.write_text("")
    site.store()
    assert site.versions() == {1: CONTENT}


@pytest.mark.parametrize("mood", ["truncated", "damaged"])
def test_a_product_that_cannot_be_read_back_whole_is_not_called_stored(site, mood):
    site.control.write_text(mood)
    with pytest.raises(OSError, match=r"breaks off|another CRC-32"):
        site.store()
    assert [file for file in site.copies.iterdir() if file.is_file()] == []


def test_without_reading_back_the_checksum_of_the_server_is_enough(site):
    site.control.write_text("truncated")
    site.store(read_back=False)
    assert site.versions() == {1: CONTENT}
    assert not site.copies.exists()


def test_a_server_with_checksums_of_another_kind_is_read_back_in_any_case(site):
    site.control.write_text("crc32c")
    site.store(read_back=False)
    site.keeps(b"other", version=2)
    with pytest.raises(ABFailed, match="other content"):
        site.store(read_back=False)


def test_a_known_name_with_other_content_is_a_conflict_and_nothing_is_sent(site):
    site.keeps(b"other")
    with pytest.raises(ABFailed, match="other content"):
        site.store()
    assert site.versions() == {1: b"other"}


def test_the_newest_version_is_the_one_that_counts(site):
    site.keeps(CONTENT)
    site.keeps(b"other", version=2)
    with pytest.raises(ABFailed, match="other content"):
        site.store()


def test_workers_that_store_the_same_product_at_once_leave_one_version(site):
    with ThreadPoolExecutor(8) as workers:
        addresses = [workers.submit(site.store, read_back=False, timeout=10) for _ in range(8)]
        assert len({address.result() for address in addresses}) == 1
    assert site.versions() == {1: CONTENT}


def test_a_product_that_came_between_question_and_upload_is_not_overwritten(site, monkeypatch):
    asked = NgasIngestor.upload

    def late(self, *arguments):
        site.keeps(b"other")
        return asked(self, *arguments)

    monkeypatch.setattr(NgasIngestor, "upload", late)
    with pytest.raises(OSError, match="did not arrive whole"):
        site.store()
    assert site.versions() == {1: b"other"}
    with pytest.raises(ABFailed, match="other content"):
        site.store()


def test_a_server_that_keeps_everything_says_so(site, caplog):
    site.store()
    site.control.write_text("keeping")
    with pytest.raises(NotWithdrawn, match="version 1, stays in NGAS: NGAMS_ER_ILL_REQ"):
        site.ingestor().withdraw(NAME, SHA256)
    assert site.versions() == {1: CONTENT}
    assert "version 1, stays in NGAS: NGAMS_ER_ILL_REQ" in caplog.text


def test_a_withdrawal_from_a_server_that_is_busy_is_tried_again(site):
    site.store()
    site.control.write_text("busy")
    with pytest.raises(OSError, match="Maximum number"):
        site.ingestor().withdraw(NAME, SHA256)


def test_what_was_withdrawn_is_not_read_from_the_copy_that_is_left(site):
    site.store()
    site.ingestor().withdraw(NAME, SHA256)
    with pytest.raises(NotInArchive):
        site.ingestor().open(NAME)


def test_a_product_is_read_through_a_copy_that_is_fetched_once(site):
    site.store(read_back=False)
    first = site.ingestor().open(NAME)
    site.control.write_text("truncated")
    assert site.ingestor().open(NAME) == first
    assert first.read_bytes() == CONTENT


def test_a_copy_that_is_not_what_the_server_keeps_is_fetched_anew(site):
    site.store()
    (site.copies / NAME).write_bytes(b"spoilt")
    assert site.ingestor().open(NAME).read_bytes() == CONTENT


def test_the_copies_that_were_longest_not_asked_for_make_room(tmp_path):
    folder = copies.Copies(tmp_path, max_bytes=350)
    for age, name in ((300, "old"), (200, "middle"), (100, "young")):
        file = folder.add(name, lambda to: to.write_bytes(bytes(100)))
        os.utime(file, (time.time() - age,) * 2)
    assert folder.find("old")
    folder.add("new", lambda to: to.write_bytes(bytes(100)))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["new", "old", "young"]


def test_a_copy_that_was_asked_for_a_moment_ago_stays_whatever_its_size(tmp_path):
    folder = copies.Copies(tmp_path, max_bytes=1)
    for name in ("one", "other"):
        folder.add(name, lambda to: to.write_bytes(bytes(100)))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["one", "other"]


def test_a_password_is_in_no_address_no_error_and_no_log(site, caplog):
    caplog.set_level(logging.DEBUG)
    site.url = site.url.replace("//", f"//me:{PASSWORD}@")
    said = [site.store()]
    for mood in ("errors", "busy", "garbled", "truncated"):
        site.control.write_text(mood)
        site.product.write_bytes(CONTENT)
        try:
            said.append(site.store())
        except OSError as error:
            said.append(str(error))
    assert PASSWORD not in caplog.text + "".join(said)


def test_a_url_that_names_no_server_is_refused_with_the_variable(tmp_path):
    with pytest.raises(ValueError, match="PHOENIX_INGEST_URL") as caught:
        NgasIngestor(f"ngas://me:{PASSWORD}@", tmp_path)
    assert PASSWORD not in str(caught.value)
