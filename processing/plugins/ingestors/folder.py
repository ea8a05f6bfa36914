"""A product archive that is a folder: one subfolder per month, files written to the disk and read back from it."""

import shutil
from pathlib import Path

from processing.core.errors import ABFailed, NotInArchive
from processing.core.states import Reason
from processing.plugins.whole import digest, remove_leftovers, settle, temporary

# Where files are until they are whole; on the same file system, and never long to list.
INCOMING = ".incoming"


class FolderIngestor:
    """Options: `root`, the folder."""

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)

    def store(self, file: Path, name: str, sha256: str) -> str:
        """See `processing.core.ports.Ingestor`."""
        target = self.path(name)
        if not target.exists():
            self.bring(file, target, sha256)
        elif digest(target) != sha256:
            raise ABFailed(Reason.ARCHIVE_CONFLICT, f"{name} is in the archive with other content")
        else:
            # Whoever renamed it may have died before the folder was on the disk.
            settle(target.parent)
        return self.address(name)

    def bring(self, file: Path, target: Path, sha256: str) -> None:
        """Copy, force to the disk, read back, rename: what a crash leaves is whole, or has another name."""
        incoming = self.root / INCOMING
        with temporary(incoming, target.name) as partial:
            remove_leftovers(incoming)
            shutil.copyfile(file, partial)
            settle(partial)
            if digest(partial) != sha256:
                raise OSError(f"{target.name} changed on its way into the archive: it reads back other than it was")
            if not target.parent.is_dir():
                target.parent.mkdir(exist_ok=True)
                settle(self.root)
            partial.rename(target)
        settle(target.parent)

    def withdraw(self, name: str, sha256: str) -> bool:
        """See `processing.core.ports.Ingestor`."""
        target = self.path(name)
        if not target.is_file() or digest(target) != sha256:
            return False
        target.unlink()
        return True

    def open(self, name: str) -> Path:
        """See `processing.core.ports.Ingestor`."""
        target = self.path(name)
        if not target.is_file():
            raise NotInArchive(f"{name} is not in the product archive")
        return target

    def address(self, name: str) -> str:
        """Where anybody finds the file of that name."""
        return self.path(name).absolute().as_uri()

    def path(self, name: str) -> Path:
        """Where `ADP.<YYYY-MM-DDThh:mm:ss.sss>.fits` stands: a folder per month keeps listings short."""
        safe = Path(name).name
        month = safe.removeprefix("ADP.")[:7]
        return self.root / (month if month.strip(".") else "other") / safe
