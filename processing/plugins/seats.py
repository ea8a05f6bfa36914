"""Seats on one machine, which its processes share: locks on the bytes of a file, so that who dies leaves his."""

import fcntl
import os
import select
import struct
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Self

LOOK = 0.1
"""Seconds after which one looks again for what nobody rang: who is killed does not ring."""
CHECK = 1.0
"""Seconds between two calls of `still`."""
ROW = 10_000
"""Bytes, and so the most seats, of a row; the first byte of the file is whose turn it is."""


@contextmanager
def seated(file: Path, rows: Sequence[tuple[int, int]], still: Callable[[], object]) -> Iterator[float]:
    """Hold seats of several rows: so many, of so many that there are; yields the seconds it took.

    Who came first takes all that he needs before the next may look.  Whoever waits calls `still` once a second, which
    raises what ends the waiting.  Locks are those of the open file (F_OFD_SETLK, Linux): threads have their own, too.
    """
    begun = time.monotonic()
    file.parent.mkdir(parents=True, exist_ok=True)
    with Bell(Path(f"{file}.turn")) as turn, Bell(Path(f"{file}.free")) as free:
        try:
            with file.open("ab") as locks:
                wait(partial(lock, locks.fileno(), 0), turn, still)
                try:
                    for row, (number, of) in enumerate(rows, 1):
                        seats = Seats(locks.fileno(), range(row * ROW, row * ROW + of))
                        wait(partial(seats.take, min(number, of)), free, still)
                finally:
                    lock(locks.fileno(), 0, fcntl.F_UNLCK)
                    turn.ring()
                yield time.monotonic() - begun
        finally:
            free.ring()


class Bell:
    """Wakes who waits: a FIFO, of which all that was rung is heard at once."""

    def __init__(self, file: Path) -> None:
        with suppress(FileExistsError):
            os.mkfifo(file)
        # For both, or opening it would wait for somebody at the other end.
        self.number = os.open(file, os.O_RDWR | os.O_NONBLOCK)
        self.poller = select.poll()
        self.poller.register(self.number, select.POLLIN)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.number)

    def ring(self) -> None:
        """For those who hear it now; when nobody has for long, there is no need to ring louder."""
        with suppress(BlockingIOError):
            os.write(self.number, b"\a")

    def hear(self, seconds: float) -> None:
        """Return when it rings, after so many seconds at the latest."""
        if self.poller.poll(seconds * 1000):
            with suppress(BlockingIOError):
                os.read(self.number, select.PIPE_BUF)


class Seats:
    """A row of seats, of which this process holds some."""

    def __init__(self, file: int, seats: range) -> None:
        self.file = file
        self.free = list(seats)
        self.taken = 0

    def take(self, number: int) -> bool:
        """Sit down where nobody does; True if it is enough."""
        for seat in tuple(self.free):
            if self.taken == number:
                break
            if lock(self.file, seat):
                self.free.remove(seat)
                self.taken += 1
        return self.taken == number


def lock(file: int, seat: int, kind: int = fcntl.F_WRLCK) -> bool:
    """Lock, or free, a byte; False if somebody else has it."""
    try:
        fcntl.fcntl(file, fcntl.F_OFD_SETLK, struct.pack("hhqqi4x", kind, 0, seat, 1, 0))
    except BlockingIOError:
        return False
    return True


def wait(done: Callable[[], bool], bell: Bell, still: Callable[[], object]) -> None:
    """Until it is done."""
    checked = time.monotonic()
    while not done():
        bell.hear(min(LOOK, CHECK))
        if (now := time.monotonic()) - checked > CHECK:
            checked = now
            still()
