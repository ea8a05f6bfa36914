"""The contract of the port Ingestor, passed by each of its plug-ins."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import pytest

from processing.core.errors import ABFailed, NotInArchive
from processing.core.ports import Ingestor
from processing.core.states import Reason
from processing.plugins.ingestors.folder import FolderIngestor
from processing.plugins.ingestors.ngas import NgasIngestor
from tests.ngas_server import serve_ngas


@contextmanager
def folder(root: Path) -> Iterator[Ingestor]:
    yield FolderIngestor(root)


@contextmanager
def ngas(root: Path) -> Iterator[Ingestor]:
    with serve_ngas(root, root.parent.with_name("control")) as url:
        yield NgasIngestor(url, root.parent.with_name("copies"))


PLUGINS = {"folder": folder, "ngas": ngas}
NAME = "ADP.2012-05-11T06:07:08.123.fits"
CONTENT = b"SIMPLE  =                    T"
PATHS = ["../outside.fits", "../../outside.fits", "/outside.fits", "ADP...", "ADP..", "..", ".", ""]


@dataclass(frozen=True)
class Site:
    """A product archive below `root`, and a product beside it."""

    ingestor: Ingestor
    root: Path
    product: Path

    def store(self, content: bytes = CONTENT, name: str = NAME) -> str:
        self.product.write_bytes(content)
        return self.ingestor.store(self.product, name, hashlib.sha256(content).hexdigest())

    def files(self) -> list[str]:
        return [path.name for path in self.root.rglob("*") if path.is_file()]


@pytest.fixture(params=PLUGINS.values(), ids=list(PLUGINS))
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    make: Callable[[Path], AbstractContextManager[Ingestor]] = request.param
    root = tmp_path / "inside" / "archive"
    root.mkdir(parents=True)
    with make(root) as ingestor:
        yield Site(ingestor, root, tmp_path / "product.fits")


def test_a_product_is_stored_and_found_again(site):
    assert NAME in unquote(site.store())
    assert site.ingestor.open(NAME).read_bytes() == CONTENT
    assert site.files() == [NAME]


def test_storing_the_same_content_again_changes_nothing(site):
    first, written = site.store(), site.ingestor.open(NAME).stat()
    assert site.store() == first
    assert (site.ingestor.open(NAME).stat().st_ino, site.files()) == (written.st_ino, [NAME])


def test_other_content_under_a_known_name_is_a_conflict(site):
    site.store()
    with pytest.raises(ABFailed) as failed:
        site.store(b"something else")
    assert failed.value.reason is Reason.ARCHIVE_CONFLICT
    assert site.ingestor.open(NAME).read_bytes() == CONTENT


def test_a_product_that_is_not_what_was_announced_is_refused_and_leaves_nothing(site):
    site.product.write_bytes(CONTENT)
    with pytest.raises(OSError, match="changed on its way"):
        site.ingestor.store(site.product, NAME, hashlib.sha256(b"other").hexdigest())
    assert site.files() == []


def test_a_product_that_is_gone_may_come_back(site):
    with pytest.raises(OSError, match=r"product\.fits"):
        site.ingestor.store(site.product, NAME, "0" * 64)
    assert site.files() == []


def test_a_store_that_is_interrupted_leaves_nothing(site, too_large):
    with pytest.raises(OSError, match="too large"):
        site.ingestor.store(too_large, NAME, hashlib.sha256(too_large.read_bytes()).hexdigest())
    assert site.files() == []


@pytest.mark.parametrize("name", [NAME, "ADP.none", *PATHS])
def test_what_was_never_stored_is_not_in_the_archive(site, name):
    (site.root.parent / "outside.fits").write_bytes(CONTENT)
    (site.root.parent / "ADP...").write_bytes(CONTENT)
    with pytest.raises(NotInArchive):
        site.ingestor.open(name)


@pytest.mark.parametrize("name", PATHS)
def test_a_name_with_a_path_in_it_never_leaves_the_folder(site, name):
    try:
        site.store(name=name)
    except (OSError, ValueError, ABFailed):
        assert site.files() == []
    assert [path.name for path in site.root.parent.iterdir()] == ["archive"]


def test_a_file_that_never_became_a_product_is_withdrawn(site):
    site.store()

    assert site.ingestor.withdraw(NAME, hashlib.sha256(CONTENT).hexdigest())
    assert site.files() == []


def test_withdrawing_what_is_not_there_does_nothing(site):
    assert not site.ingestor.withdraw(NAME, hashlib.sha256(CONTENT).hexdigest())


def test_another_file_under_the_name_is_not_withdrawn(site):
    site.store()

    assert not site.ingestor.withdraw(NAME, hashlib.sha256(b"other").hexdigest())
    assert site.files() == [NAME]


@pytest.mark.parametrize("name", PATHS)
def test_nothing_outside_the_archive_is_withdrawn(site, name):
    outside = site.root.parent / "outside.fits"
    outside.write_bytes(CONTENT)
    site.ingestor.withdraw(name, hashlib.sha256(CONTENT).hexdigest())

    assert outside.exists()
