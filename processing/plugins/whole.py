"""Files that are whole or not there: temporary names, what dead workers leave of them, and SHA-256."""

import hashlib
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# Seconds without a change after which nobody writes to a temporary file any more.
OLD = 3600.0


@contextmanager
def temporary(folder: Path, name: str) -> Iterator[Path]:
    """A name in the folder, which is made, that nobody else uses; whatever stands there at the end goes."""
    folder.mkdir(parents=True, exist_ok=True)
    # Shortened, so that any name of a file leaves room for what is added.
    file = folder / f".{name[:50]}.{secrets.token_hex(8)}.part"
    try:
        yield file
    finally:
        file.unlink(missing_ok=True)


def remove_leftovers(folder: Path) -> None:
    """Delete the temporary files of the folder that dead workers have left."""
    before = time.time() - OLD
    for file in folder.glob(".*.part"):
        # Somebody else may have been quicker.
        with suppress(FileNotFoundError):
            if file.stat().st_mtime < before:
                file.unlink()


def settle(path: Path) -> None:
    """Return when a file or folder is on the disk, and have the next reader read it from there."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
        if path.is_file():
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)


def digest(file: Path) -> str:
    """SHA-256 of the file, hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
