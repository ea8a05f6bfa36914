"""The contract of the port Archive, passed by each of its plug-ins."""

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from processing.core.errors import Halt, NotInArchive
from processing.core.ports import Archive, FileKind
from processing.plugins.archives.folder import FolderArchive
from processing.plugins.archives.http import HttpArchive
from processing.plugins.archives.ngas import NgasArchive
from tests.archive_server import serve


@contextmanager
def folder(root: Path) -> Iterator[Archive]:
    yield FolderArchive(root)


@contextmanager
def http(root: Path) -> Iterator[Archive]:
    with serve(root, root.with_name("control")) as url:
        yield HttpArchive(url)


@contextmanager
def ngas(root: Path) -> Iterator[Archive]:
    with serve(root, root.with_name("control")) as url:
        yield NgasArchive(url.replace("http:", "ngas:"))


PLUGINS = {"folder": folder, "http": http, "ngas": ngas}
NAME = "UVES.2012-05-10T03:17:42.861.fits"


@dataclass(frozen=True)
class Site:
    """An archive, how files come into it, and an empty directory to fetch into."""

    archive: Archive
    root: Path
    to: Path

    def holds(self, kind: FileKind, name: str, content: bytes) -> None:
        (self.root / kind).mkdir(parents=True, exist_ok=True)
        (self.root / kind / name).write_bytes(content)


@pytest.fixture(params=PLUGINS.values(), ids=list(PLUGINS))
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    make: Callable[[Path], AbstractContextManager[Archive]] = request.param
    with make(tmp_path / "archive") as archive:
        found = Site(archive, tmp_path / "archive", tmp_path / "to")
        for kind in FileKind:
            found.holds(kind, f"{kind}.fits", kind.encode())
        (tmp_path / "secret.fits").write_text("not for fetching")
        yield found


@pytest.mark.parametrize("kind", FileKind)
def test_a_file_is_fetched_whole_under_its_name(site, kind):
    content = bytes(range(256)) * 4000
    site.holds(kind, NAME, content)
    assert site.archive.fetch(kind, NAME, site.to) == site.to / NAME
    assert (site.to / NAME).read_bytes() == content
    assert [path.name for path in site.to.iterdir()] == [NAME]


@pytest.mark.parametrize("name", ["a b+c%20d&e#f?g.fits", "ü.fits", "empty.fits"])
def test_a_name_with_unusual_signs_is_fetched_as_it_is(site, name):
    site.holds(FileKind.RAW, name, b"" if name == "empty.fits" else b"found")
    assert site.archive.fetch(FileKind.RAW, name, site.to).read_bytes() == (site.root / "raw" / name).read_bytes()


def test_a_file_that_is_there_already_is_fetched_anew(site):
    site.to.mkdir()
    (site.to / "raw.fits").write_text("half of it")
    assert site.archive.fetch(FileKind.RAW, "raw.fits", site.to).read_bytes() == b"raw"


@pytest.mark.parametrize("name", ["none.fits", "", ".", "..", "x" * 250, "a\0b"])
def test_a_file_that_is_not_there_is_not_in_the_archive(site, name):
    with pytest.raises(NotInArchive):
        site.archive.fetch(FileKind.RAW, name, site.to)


@pytest.mark.parametrize("site", [folder, http], ids=["folder", "http"], indirect=True)
def test_a_file_of_another_kind_is_not_in_the_archive(site):
    with pytest.raises(NotInArchive):
        site.archive.fetch(FileKind.RAW, "mcalib.fits", site.to)


@pytest.mark.parametrize(
    "name", ["../../secret.fits", "../mcalib/mcalib.fits", "/etc/passwd", "../raw/../../secret.fits"]
)
def test_a_name_with_a_path_in_it_never_leaves_the_folder(site, name):
    with pytest.raises(NotInArchive):
        site.archive.fetch(FileKind.RAW, name, site.to)
    assert not site.to.exists() or not list(site.to.iterdir())


def test_an_archive_that_is_gone_halts(site):
    site.root.rename(site.root.with_name("unmounted"))
    with pytest.raises(Halt, match="archive"):
        site.archive.fetch(FileKind.RAW, "raw.fits", site.to)


def test_a_version_changes_with_the_content_of_a_file_and_not_before(site):
    site.holds(FileKind.MCALIB, NAME, b"first")
    first = [site.archive.version(FileKind.MCALIB, NAME) for _ in range(2)]
    site.holds(FileKind.MCALIB, NAME, b"again")

    assert first[0] == first[1] != ""
    assert site.archive.version(FileKind.MCALIB, NAME) not in ("", first[0])


@pytest.mark.parametrize("name", ["none.fits", "x" * 128])
def test_a_file_that_is_not_there_has_no_version(site, name):
    assert site.archive.version(FileKind.MCALIB, name) == ""


def test_an_archive_that_is_there_passes_its_probe(site):
    site.archive.probe()


def test_an_archive_that_is_gone_fails_its_probe(site):
    site.root.rename(site.root.with_name("unmounted"))
    with pytest.raises(Halt, match=r"cannot be reached|HTTP 400"):
        site.archive.probe()


def test_a_copy_that_is_interrupted_halts_and_leaves_nothing(site, too_large):
    too_large.rename(site.root / "raw" / NAME)
    with pytest.raises(Halt, match="too large"):
        site.archive.fetch(FileKind.RAW, NAME, site.to)
    assert list(site.to.iterdir()) == []


def test_workers_that_fetch_the_same_file_at_once_all_get_it_whole(site):
    content = bytes(4 * 2**20)
    site.holds(FileKind.GENCALIB, NAME, content)
    with ProcessPoolExecutor(4) as workers:
        fetched = [workers.submit(site.archive.fetch, FileKind.GENCALIB, NAME, site.to) for _ in range(40)]
        assert {future.result().read_bytes() == content for future in fetched} == {True}
