"""The folder archive, which writes down what is fetched from it."""

import os
import time
from pathlib import Path

from processing.core.ports import FileKind
from processing.plugins.archives.folder import FolderArchive


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
