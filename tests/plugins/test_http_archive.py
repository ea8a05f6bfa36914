"""Archives over HTTP that misbehave: what ends an AB, what holds a date, what is tried again, and for how long."""

import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from processing.core.errors import Damaged, Halt, HostHalt, NotInArchive
from processing.core.ports import Archive, FileKind
from processing.plugins.archives.http import HttpArchive
from processing.plugins.archives.ngas import NgasArchive
from processing.plugins.download import Limits, Server
from processing.plugins.transfer import signature
from tests.archive_server import answering, serve

CONTENT = bytes(range(256)) * 400
PASSWORD = "open-sesame"  # noqa: S105
OK = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"
QUICK = {"timeout": 0.5, "pause": 0.01}


class Site:
    """A server in one of its moods, and both plug-ins for it."""

    def __init__(self, root: Path, url: str):
        self.root, self.url, self.control, self.to = root, url, root.with_name("control"), root.with_name("to")

    def archive(self, plugin: type[HttpArchive | NgasArchive], **limits: float) -> Archive:
        url = self.url.replace("http:", "ngas:") if plugin is NgasArchive else self.url
        return plugin(url, **{**QUICK, **limits})

    def left(self) -> list[str]:
        return [path.name for path in self.to.iterdir()] if self.to.exists() else []


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    for kind in FileKind:
        (tmp_path / "archive" / kind).mkdir(parents=True)
    (tmp_path / "archive/raw/a.fits").write_bytes(CONTENT)
    with serve(tmp_path / "archive", tmp_path / "control") as url:
        yield Site(tmp_path / "archive", url)


def fetch(archive: Archive, to: Path) -> Path:
    return archive.fetch(FileKind.RAW, "a.fits", to)


both = pytest.mark.parametrize("plugin", [HttpArchive, NgasArchive])


@both
@pytest.mark.parametrize("mood", ["truncated", "damaged"])
def test_a_file_that_never_arrives_whole_is_damaged_and_leaves_nothing(site, plugin, mood):
    site.control.write_text(mood)
    with pytest.raises(Damaged):
        fetch(site.archive(plugin), site.to)
    assert site.left() == []


@pytest.mark.parametrize("mood", ["truncated", "damaged"])
def test_a_file_that_arrives_whole_at_the_third_try_is_fetched(site, mood):
    site.control.write_text(mood)
    with Server(site.url, Limits(pause=0.01)).transfer() as visit:
        tries = iter([mood, mood, ""])

        def once() -> None:
            site.control.write_text(next(tries))
            visit.file(f"{site.url}/raw/a.fits", site.root.with_name("file"))

        visit.until_whole(once)
    assert site.root.with_name("file").read_bytes() == CONTENT
    assert list(tries) == []


def test_a_file_is_tried_three_times_and_no_more(tmp_path):
    with answering(*[OK + b"Content-Length: 9\r\n\r\nhalf"] * 4) as (url, asked):
        with pytest.raises(Damaged, match="breaks off"):
            fetch(HttpArchive(url, **QUICK), tmp_path)
        assert len(asked) == 3


@pytest.mark.parametrize(("told", "knows"), [(b"ETag: 1\r\n", True), (b"Last-Modified: x\r\n", True), (b"", False)])
def test_a_server_that_tells_a_length_only_knows_no_version(told, knows):
    with answering(OK + told + b"Content-Length: 9\r\n\r\n") as (url, asked):
        assert bool(HttpArchive(url, **QUICK).version(FileKind.RAW, "a.fits")) is knows
        assert asked[0].startswith(b"HEAD /raw/a.fits ")


@both
@pytest.mark.parametrize(("mood", "why"), [("errors", "HTTP 503"), ("hanging", "timed out")])
def test_a_server_that_does_not_do_its_work_halts(site, plugin, mood, why):
    site.control.write_text(mood)
    started = time.monotonic()
    with pytest.raises(Halt, match=why):
        fetch(site.archive(plugin), site.to)
    with pytest.raises(Halt, match=why):
        site.archive(plugin).probe()
    assert time.monotonic() - started < 10
    assert site.left() == []


@both
def test_a_server_that_nobody_runs_halts(tmp_path, plugin):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    archive = plugin(f"http://127.0.0.1:{port}", **QUICK)
    for act in (archive.probe, lambda: fetch(archive, tmp_path)):
        with pytest.raises(Halt, match=r"cannot be reached.*refused"):
            act()


@both
@pytest.mark.parametrize("tries", [1, 3])
def test_a_file_that_drips_halts_at_the_deadline(site, plugin, tries):
    site.control.write_text("slow")
    started = time.monotonic()
    with pytest.raises(Halt, match=r"not whole in 0\.7 s"):
        fetch(site.archive(plugin, deadline=0.7, tries=tries), site.to)
    assert 0.6 < time.monotonic() - started < 10
    assert site.left() == []


def test_headers_that_drip_halt_at_the_deadline(tmp_path):
    started = time.monotonic()
    slowly = answering(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1000, pause=0.05)
    with slowly as (url, _), pytest.raises(Halt, match=r"not whole in 0\.5 s"):
        fetch(HttpArchive(url, deadline=0.5, **QUICK), tmp_path)
    assert time.monotonic() - started < 10


def test_a_file_that_stops_coming_halts(tmp_path):
    with answering(OK + b"Content-Length: 9\r\n\r\nhalf", linger=2) as (url, _), pytest.raises(Halt, match="timed out"):
        fetch(HttpArchive(url, **QUICK), tmp_path)


def test_a_probe_has_an_end_of_its_own():
    started = time.monotonic()
    with (
        answering(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1000, pause=0.05) as (url, _),
        pytest.raises(Halt, match="too slow"),
    ):
        HttpArchive(url, timeout=0.6).probe()
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    ("status", "advice"),
    [("401 No", "user and password"), ("403 No", "must allow"), ("429 Slow", "too often"), ("500 Oh", "its own log")],
)
def test_a_refusal_halts_and_says_what_to_do(tmp_path, status, advice):
    refusing = answering(f"HTTP/1.1 {status}\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n".encode())
    with refusing as (url, _), pytest.raises(Halt, match=f"HTTP {status[:3]}.*{advice}"):
        fetch(HttpArchive(url, **QUICK), tmp_path)


def test_a_name_that_is_unknown_where_the_folder_is_unknown_as_well_halts(site):
    (site.root / "raw/a.fits").unlink()
    with pytest.raises(NotInArchive):
        fetch(site.archive(HttpArchive), site.to)
    (site.root / "raw").rmdir()
    with pytest.raises(Halt, match=r"archive folder .*/raw/ cannot be reached"):
        fetch(site.archive(HttpArchive), site.to)


def test_a_server_that_lists_no_folders_passes_the_probe():
    with answering(*[b"HTTP/1.1 403 No\r\nConnection: close\r\n\r\n"] * 3) as (url, asked):
        HttpArchive(url, **QUICK).probe()
    assert [line.split(b" HTTP")[0] for line in asked] == [b"HEAD /raw/", b"HEAD /mcalib/", b"HEAD /gencalib/"]


@pytest.mark.parametrize(
    ("header", "right"),
    [
        ("Content-MD5", "XUFAKrxLKna5cZ2REBfFkg=="),
        ("Repr-Digest", "sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=:"),
        ("Content-Digest", "md5=:AA==:, sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=:"),
    ],
)
def test_any_of_the_checksums_that_http_knows_is_held_against_the_file(tmp_path, header, right):
    def answer(body: str) -> bytes:
        return OK + f"Content-Length: 5\r\n{header}: {right}\r\n\r\n{body}".encode()

    with answering(answer("hello"), *[answer("jello")] * 3) as (url, _):
        assert fetch(HttpArchive(url, **QUICK), tmp_path).read_bytes() == b"hello"
        with pytest.raises(Damaged):
            fetch(HttpArchive(url, **QUICK), tmp_path)
    assert (tmp_path / "a.fits").read_bytes() == b"hello"


@pytest.mark.parametrize("value", ["907060870", "-3387906426"])
def test_a_checksum_of_ngas_may_have_a_sign(tmp_path, value):
    status = f'<NgamsStatus><DiskStatus/><FileStatus Checksum="{value}" FileId="a"/></NgamsStatus>'.encode()
    file = OK + b"Content-Length: 5\r\n\r\nhello"
    with answering(OK + b"\r\n" + status, file) as (url, _):
        assert fetch(NgasArchive(url, **QUICK), tmp_path).read_bytes() == b"hello"


def test_ngas_that_is_offline_fails_its_probe():
    status = b'<NgamsStatus><Status State="OFFLINE" Status="SUCCESS" SubState="IDLE"/></NgamsStatus>'
    with answering(OK + b"\r\n" + status) as (url, _), pytest.raises(Halt, match="not online"):
        NgasArchive(url, **QUICK).probe()


def test_a_file_in_chunks_is_fetched_and_one_without_an_end_halts(tmp_path):
    with answering(OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", OK + b"\r\nhello") as (url, _):
        assert fetch(HttpArchive(url, **QUICK), tmp_path).read_bytes() == b"hello"
        with pytest.raises(Halt, match="Content-Length"):
            fetch(HttpArchive(url, **QUICK), tmp_path)


def test_a_file_that_is_larger_than_any_may_be_halts(site):
    with pytest.raises(Halt, match="longer than 100 bytes"):
        fetch(site.archive(HttpArchive, max_bytes=100), site.to)
    assert site.left() == []


def test_a_disk_that_is_full_stops_this_host_alone(site):
    site.to.mkdir()
    (site.to / f".a.fits{signature(os.getpid())}").symlink_to("/dev/full")
    with pytest.raises(HostHalt, match="No space left"):
        fetch(site.archive(HttpArchive), site.to)
    assert site.left() == []


def moved(to: str) -> bytes:
    return f"HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()


def test_a_redirect_to_another_server_is_followed_without_the_password(tmp_path):
    file = OK + b"Content-Length: 5\r\n\r\nhello"
    with answering(file) as (target, second), answering(moved(target)) as (url, first):
        archive = HttpArchive(url.replace("//", f"//me:{PASSWORD}@"), **QUICK)
        assert fetch(archive, tmp_path).read_bytes() == b"hello"
    assert b"authorization: basic" in first[0].lower()
    assert b"authorization" not in second[0].lower()


@pytest.mark.parametrize("to", ["file:///etc/passwd", "ftp://localhost/a.fits"])
def test_a_redirect_to_another_scheme_halts(tmp_path, to):
    with answering(moved(to)) as (url, _), pytest.raises(Halt, match="cannot be reached"):
        fetch(HttpArchive(url, **QUICK), tmp_path)


def test_a_server_that_redirects_in_a_circle_halts(tmp_path):
    with answering(*[moved("/again")] * 9) as (url, asked):
        with pytest.raises(Halt, match="too many redirects"):
            fetch(HttpArchive(url, **QUICK), tmp_path)
        assert len(asked) == 4


@both
def test_a_password_is_in_no_error_and_no_log(site, plugin, caplog):
    caplog.set_level(logging.DEBUG)
    said = []
    for mood in ("errors", "hanging", "truncated", "damaged"):
        site.control.write_text(mood)
        with pytest.raises((Halt, Damaged)) as caught:
            fetch(plugin(site.url.replace("//", f"//me:{PASSWORD}@"), **QUICK), site.to)
        said.append(str(caught.value))
    assert PASSWORD not in caplog.text + "".join(said)


@pytest.mark.parametrize(
    "url",
    [
        "http://",
        f"http://me:{PASSWORD}/x@host/",
        f"http://me:{PASSWORD}@host:99999",
        "http://host/?user=me",
        "http://[host",
    ],
)
def test_a_url_that_names_no_server_is_refused_without_its_password(url):
    with pytest.raises(ValueError, match="PHOENIX_ARCHIVE_URL") as caught:
        HttpArchive(url)
    assert PASSWORD not in str(caught.value)


def test_the_server_of_a_fault_campaign_says_its_url_first(site):
    command = [sys.executable, "-m", "tests.archive_server", site.root, site.control]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        assert fetch(HttpArchive(server.stdout.readline().strip(), **QUICK), site.to).read_bytes() == CONTENT
        server.terminate()
