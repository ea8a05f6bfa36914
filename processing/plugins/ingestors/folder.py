"""A product archive that is a folder: one subfolder per month, SHA-256 compared before and after."""

import hashlib
import os
import shutil
from pathlib import Path

from processing.core.errors import ABFailed, NotInArchive
from processing.core.states import Reason


class FolderIngestor:
    """Options: `root`, the folder."""

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)

    def store(self, file: Path, name: str, sha256: str) -> str:
        """See `processing.core.ports.Ingestor`."""
        target = self.path(name)
        if target.exists():
            if digest(target) != sha256:
                raise ABFailed(Reason.ARCHIVE_CONFLICT, f"{name} is in the archive with other content")
            return target.as_uri()
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f".{target.name}.{os.getpid()}.part")
        try:
            shutil.copyfile(file, partial)
            if digest(partial) != sha256:
                raise OSError(f"{name} changed on its way into the archive")
            partial.rename(target)
        finally:
            partial.unlink(missing_ok=True)
        return target.as_uri()

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

    def path(self, name: str) -> Path:
        """Where `ADP.<YYYY-MM-DDThh:mm:ss.sss>.fits` stands: a folder per month keeps listings short."""
        safe = Path(name).name
        month = safe.removeprefix("ADP.")[:7]
        return self.root / (month if month.strip(".") else "other") / safe


def digest(file: Path) -> str:
    """SHA-256 of the file, hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
