"""An archive that is a folder: `raw/`, `mcalib/`, `gencalib/` below a root."""

import shutil
from functools import partial
from pathlib import Path

from processing.core.errors import Halt, NotInArchive
from processing.core.ports import FileKind
from processing.plugins.transfer import arrive


class FolderArchive:
    """Options: `root`, the folder."""

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)

    def fetch(self, kind: FileKind, name: str, to: Path) -> Path:
        """See `processing.core.ports.Archive`."""
        folder = self.folder(kind)
        file = folder / Path(name).name
        if not file.is_file():
            raise NotInArchive(f"{kind} {name} is not in the archive")
        return arrive(file.name, to, partial(shutil.copyfile, file))

    def version(self, kind: FileKind, name: str) -> str:
        """See `processing.core.ports.Archive`: number, size and time of the file."""
        try:
            found = (self.folder(kind) / Path(name).name).stat()
        except (FileNotFoundError, ValueError):
            return ""
        except OSError as error:
            raise Halt(f"the archive folder {self.root / kind} cannot be read: {error}") from error
        return f"{found.st_ino} {found.st_size} {found.st_mtime_ns}"

    def probe(self) -> None:
        """See `processing.core.ports.Archive`."""
        for kind in FileKind:
            self.folder(kind)

    def folder(self, kind: FileKind) -> Path:
        """Where files of a kind are; Halt if it is not there."""
        folder = self.root / kind
        if not folder.is_dir():
            raise Halt(f"the archive folder {folder} cannot be reached")
        return folder
