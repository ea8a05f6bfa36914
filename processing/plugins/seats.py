"""Seats on one machine, which its processes share: locks on the bytes of a file, so that who dies leaves his."""

import fcntl
import struct
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

SHORTEST, LONGEST = 0.001, 0.02
"""Seconds between two looks for a free seat: nobody is told of one, and no recipe should wait for long."""
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
    with file.open("ab") as locks:
        wait(partial(lock, locks.fileno(), 0), still)
        for row, (number, of) in enumerate(rows, 1):
            seats = Seats(locks.fileno(), range(row * ROW, row * ROW + of))
            wait(partial(seats.take, min(number, of)), still)
        lock(locks.fileno(), 0, fcntl.F_UNLCK)
        yield time.monotonic() - begun


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


def wait(done: Callable[[], bool], still: Callable[[], object]) -> None:
    """Until it is done."""
    begun = checked = time.monotonic()
    while not done():
        now = time.monotonic()
        if now - checked > CHECK:
            checked = now
            still()
        time.sleep(min(max((now - begun) / 100, SHORTEST), LONGEST))
