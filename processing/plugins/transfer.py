"""How a file from an archive comes into a directory: under a temporary name, and renamed when it is whole."""

import errno
import os
import socket
from collections.abc import Callable
from pathlib import Path

from processing.core.errors import Halt, HostHalt

# What goes wrong where a file is written, not where it is read.
DISK_TROUBLE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


def arrive(name: str, to: Path, write: Callable[[Path], object]) -> Path:
    """Have `write` fill a file that is `to`/`name` once `write` has returned; whatever it raises leaves nothing there.

    Raises `HostHalt` if the disk here takes no more, and `Halt` for any other `OSError`.
    """
    try:
        return renamed_when_whole(to / name, write)
    except OSError as error:
        trouble = HostHalt if error.errno in DISK_TROUBLE else Halt
        raise trouble(f"cannot copy {name} from the archive: {error}") from error


def renamed_when_whole(target: Path, write: Callable[[Path], object]) -> Path:
    """Two workers may fetch the same calibration at once, so each process has a temporary name of its own."""
    target.parent.mkdir(parents=True, exist_ok=True)
    # Shortened, so that any name of a file leaves room for what is added.
    partial = target.with_name(f".{target.name[:50]}{signature(os.getpid())}")
    try:
        write(partial)
        return partial.rename(target)
    finally:
        partial.unlink(missing_ok=True)


def signature(pid: object) -> str:
    """How the temporary names of a process of this host end."""
    return f".{socket.gethostname()}.{pid}.part"


def abandoned(partial: Path) -> bool:
    """Whether a temporary file was left by a process of this host that has ended."""
    pid = partial.name.rsplit(".", 2)[-2]
    return partial.name.endswith(signature(pid)) and pid.isdigit() and not Path("/proc", pid).exists()
