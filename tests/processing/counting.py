"""The folder archive, which writes down what is fetched from it, and what dates share of that."""

import os
import time
from pathlib import Path

from processing import registry
from processing.core.ports import FileKind
from processing.plugins.archives.folder import FolderArchive

FIRST, SECOND, THIRD = "2012-05-09", "2012-05-10", "2012-05-11"
BIAS = "TC_MBIA.fits"


class CountingArchive(FolderArchive):
    """`notes` is a file with a line for each fetch, whatever process it was; each takes some `seconds`."""

    def __init__(self, root: Path, notes: Path, seconds: float = 0.0) -> None:
        super().__init__(root)
        self.notes, self.seconds = notes, seconds

    def fetch(self, kind: FileKind, name: str, to: Path) -> Path:
        with self.notes.open("a") as notes:
            notes.write(f"{kind} {name} {os.getpid()}\n")
        time.sleep(self.seconds)
        return super().fetch(kind, name, to)

    def fetched(self, kind: FileKind = FileKind.MCALIB) -> list[str]:
        lines = self.notes.read_text().splitlines() if self.notes.exists() else []
        return [line.split()[1] for line in lines if line.startswith(kind)]


def count(settings, root, notes, **options) -> CountingArchive:
    options = {"root": root, "notes": notes, **options}
    entry = {"BACKEND": "tests.processing.counting.CountingArchive", "OPTIONS": options}
    settings.PHOENIX = {**settings.PHOENIX, "ARCHIVE": entry}
    registry.archive.cache_clear()
    found = registry.archive()
    assert isinstance(found, CountingArchive)
    return found


def cal(settings, *parts):
    return settings.PHOENIX["CAL_DIR"].joinpath(*parts)


def copies(settings):
    """The names of which there is a copy, as often as there is one."""
    return sorted(path.parent.name for path in cal(settings, "shared").glob("*/*.*"))
