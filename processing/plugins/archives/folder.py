"""An archive that is a folder: `raw/`, `mcalib/`, `gencalib/` below a root."""

import errno
import os
import shutil
from pathlib import Path

from processing.core.errors import Halt, HostHalt, NotInArchive
from processing.core.ports import FileKind

# What goes wrong where a file is written, not where it is read.
DISK_TROUBLE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


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
        try:
            return copy_whole(file, to)
        except OSError as error:
            kind_of_trouble = HostHalt if error.errno in DISK_TROUBLE else Halt
            raise kind_of_trouble(f"cannot copy {name} from the archive: {error}") from error

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


def copy_whole(file: Path, to: Path) -> Path:
    """Copy into the directory `to`, so that a file of the final name is always whole."""
    to.mkdir(parents=True, exist_ok=True)
    target = to / file.name
    # Two workers may fetch the same calibration at once.
    partial = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        shutil.copyfile(file, partial)
        return partial.rename(target)
    finally:
        partial.unlink(missing_ok=True)
