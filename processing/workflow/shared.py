"""Master calibrations that dates share: one copy on a host, and a hard link to it for each date that uses it.

`$DFO_CAL_DIR/shared/NAME/VERSION.SHA256`: how many dates use a copy is its count of links, which the file system
keeps, in one step with the link itself, and whoever may be killed.
"""

import fcntl
import hashlib
import logging
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TextIO

from django.conf import settings

from processing import registry
from processing.core.ports import FileKind
from processing.plugins.whole import digest

logger = logging.getLogger(__name__)

COPIES = "*.*"
"""As a pattern: the lock of a folder is none of them."""
READ_ONLY = 0o444


def root() -> Path:
    """A folder for each name, with its copies and their lock."""
    return Path(settings.PHOENIX["CAL_DIR"]) / "shared"


def bring(name: str, target: Path) -> Path:
    """Have a master calibration at `target`: a link to the copy that is here, or fetched, and shared from then on.

    Raises as the archive's `fetch` does.  Where the file system has no locks or no hard links, each date has its own.
    """
    archive, folder = registry.archive(), root() / name
    with ExitStack() as stack:
        with suppress(OSError):  # a full disk, say: the archive's plug-in meets it too, and has the words for it
            stack.enter_context(alone(folder))
        if target.exists():
            return target
        # Of the file that the archive has now: what it has made anew is another one.
        version = archive.version(FileKind.MCALIB, name)
        key = version and hashlib.sha256(version.encode()).hexdigest()[:16]
        if not (key and take(folder, key, target)):
            archive.fetch(FileKind.MCALIB, name, target.parent)
            if key:
                share(target, folder, key)
    return target


@contextmanager
def alone(folder: Path, *, wait: bool = True) -> Iterator[None]:
    """Keep other processes from the copies of a name; `BlockingIOError` if one is there and is not waited for.

    Whoever dies lets go.
    """
    with locked(folder, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB):
        yield


def locked(folder: Path, how: int) -> TextIO:
    """The lock of a folder; made anew if somebody deleted it before it could be had."""
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack, suppress(FileNotFoundError):
            file = stack.enter_context((folder / "lock").open("a"))
            fcntl.flock(file, how)
            if os.fstat(file.fileno()).st_nlink:
                stack.pop_all()
                return file


def take(folder: Path, key: str, target: Path) -> bool:
    """Give a date the copy of that version; False if there is none, or none that is as it was fetched."""
    try:
        for copy in folder.glob(f"{key}.*"):
            # By its content: a recipe, or the disk, may have spoiled it since.
            if digest(copy) == copy.suffix[1:]:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.hardlink_to(copy)
                return True
            logger.warning("the shared copy of %s is damaged, and is fetched again", folder.name)
            copy.unlink()
    except OSError as error:
        logger.warning("%s is fetched although it is here: %s", target, error)
    return False


def share(file: Path, folder: Path, key: str) -> None:
    """Make what a date has fetched the copy for others, too."""
    try:
        file.chmod(READ_ONLY)
        (folder / f"{key}.{digest(file)}").hardlink_to(file)
    except OSError as error:
        logger.warning("dates cannot share %s: %s", file, error)
