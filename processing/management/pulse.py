"""What the workers of a cluster tell their supervisor, in memory that both share: who is at work, and the last message.

Not in the database, which may be away, and not in a file, whose disk may be full.
"""

import os
import struct
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

PULSE = "PHOENIX_PULSE"
"""Names the memory's file descriptor to the cluster."""
TIME = struct.Struct("d")


class Pulse:
    """When something moved last, and behind that a byte for each process id, 1 while it is at a message."""

    def __init__(self, number: int) -> None:
        self.number = number

    def born(self, **_signal: Any) -> None:
        """This process is a new worker; before the first of them the cluster is not yet up."""
        self.rest()
        self.mark()

    def work(self, **_signal: Any) -> None:
        """This process has taken a message."""
        os.pwrite(self.number, b"\1", TIME.size + os.getpid())
        self.mark()

    def rest(self, **_signal: Any) -> None:
        """This process waits for a message."""
        os.pwrite(self.number, b"\0", TIME.size + os.getpid())

    def mark(self) -> None:
        """Something moves."""
        os.pwrite(self.number, TIME.pack(time.monotonic()), 0)

    def at_work(self, pid: int) -> bool:
        """Whether a process is at a message; it must be one that lives, since the dead do not say that they end."""
        return os.pread(self.number, 1, TIME.size + pid) == b"\1"

    def moved(self) -> float:
        """When a message was taken or a worker born last; on the clock that never jumps, 0 before the first worker."""
        return float(TIME.unpack(os.pread(self.number, TIME.size, 0))[0])


def new(name: str) -> Pulse:
    """Fresh memory; by its name every process that has it can be told from all others."""
    pulse = Pulse(os.memfd_create(name))
    os.pwrite(pulse.number, TIME.pack(0.0), 0)
    return pulse


def holders(name: str) -> Iterator[psutil.Process]:
    """The living processes that have the memory of that name.

    They say so whatever their titles are; a process that was given the id of a dead one does not have it.
    """
    for folder in Path("/proc").glob("[0-9]*/fd"):
        with suppress(OSError, psutil.Error):
            if any(f"/memfd:{name} " in os.readlink(link) for link in folder.iterdir()):  # noqa: PTH115 - no path
                yield psutil.Process(int(folder.parent.name))
