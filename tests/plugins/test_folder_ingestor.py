"""The product archive that is a folder: what a crash, a bad disk or a dead worker leaves in it."""

import hashlib
import os
import stat
import time
from pathlib import Path

import pytest

from processing.core.errors import ABFailed
from processing.plugins import whole
from processing.plugins.ingestors import folder
from processing.plugins.ingestors.folder import FolderIngestor

NAME = "ADP.2012-05-11T06:07:08.123.fits"
CONTENT = bytes(range(256)) * 400


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "archive"


def store(root: Path, content: bytes = CONTENT, name: str = NAME) -> str:
    product = root.with_name("product.fits")
    product.write_bytes(content)
    return FolderIngestor(root).store(product, name, hashlib.sha256(content).hexdigest())


def files(root: Path) -> list[str]:
    return sorted(path.name for path in root.rglob("*") if path.is_file())


def test_the_address_of_a_product_is_that_of_its_file(root):
    assert store(root) == (root / "2012-05" / NAME).as_uri()


def test_every_month_has_a_folder(root):
    store(root)
    store(root, name="ADP.2012-06-01T00:00:00.000.fits")
    assert {path.parent.name for path in root.rglob("*.fits")} == {"2012-05", "2012-06"}


def test_a_file_is_on_the_disk_before_it_has_its_name_and_the_name_after_it(root, monkeypatch):
    done = []
    monkeypatch.setattr(folder, "settle", lambda path: done.append((path.suffix, (root / "2012-05" / NAME).exists())))
    store(root)
    assert done == [(".part", False), ("", False), ("", True)]


def test_what_is_forced_to_the_disk_is_the_file_itself(root, monkeypatch):
    forced = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: forced.append(stat.S_IFMT(os.fstat(descriptor).st_mode)))
    store(root)
    assert forced == [stat.S_IFREG, stat.S_IFDIR, stat.S_IFDIR]


def test_a_file_that_reads_back_other_than_it_was_written_is_not_kept(root, monkeypatch):
    def spoil(path: Path) -> None:
        path.write_bytes(b"spoilt")

    monkeypatch.setattr(folder, "settle", spoil)
    with pytest.raises(OSError, match="reads back"):
        store(root)
    assert files(root) == []


@pytest.mark.parametrize(("age", "left"), [(2 * whole.OLD, [NAME]), (0, [".x.part", NAME])])
def test_what_a_dead_worker_left_goes_and_what_a_living_one_writes_stays(root, age, left):
    partial = root / ".incoming" / ".x.part"
    partial.parent.mkdir(parents=True)
    partial.write_bytes(b"half")
    os.utime(partial, (time.time() - age,) * 2)
    store(root)
    assert files(root) == left


def test_two_hosts_that_store_the_same_product_do_not_write_into_the_same_file(root):
    with whole.temporary(root, NAME) as one, whole.temporary(root, NAME) as other:
        assert one != other


def test_a_product_may_be_read_by_whom_the_site_lets_read(root):
    store(root)
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE((root / "2012-05" / NAME).stat().st_mode) == 0o666 & ~umask


def test_a_conflict_leaves_the_first_content_in_its_place(root):
    store(root)
    with pytest.raises(ABFailed, match="other content"):
        store(root, b"other")
    assert files(root) == [NAME]
