"""Whose turn it is: the order of jobs, and which of them are still done before their window closes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import inf

from processing.core.schedule import Window

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Waiting:
    """A job that waits, as the order sees it."""

    id: int
    day: date
    """Its DFO date."""
    seconds: float
    """The predicted run time."""
    late: float
    """Seconds in which it is done nine times of ten."""
    priority: int = 0
    background: bool = False
    """True for a job of a campaign: it gives way to the day-to-day stream."""
    newest_first: bool = False


@dataclass(frozen=True)
class Closing:
    """How long a window is still open, and how long in all, in seconds; a window that never closes has no end."""

    left: float = inf
    length: float = inf

    @property
    def takes_the_longest(self) -> bool:
        """True in its first half: then a job may start that no window is long enough for."""
        return self.left >= self.length / 2

    def holds(self, late: float) -> bool:
        """Whether a job that takes so long is done in time, or is too long for any window and this one is young.

        Without the exception such a job would wait for ever.
        """
        return late <= self.left or (late > self.length and self.takes_the_longest)


def turn(day: date, *, newest_first: bool = False) -> int:
    """The place of a date among others, the lower the earlier: the oldest first, or the newest."""
    return -day.toordinal() if newest_first else day.toordinal()


def key(job: Waiting) -> tuple[bool, int, int, float, int]:
    """Sorts jobs: day-to-day, priority, date, the longest, who came first.

    Longest first within a date, because then the last jobs of a night are short and its workers are done at the same
    time (R. L. Graham, SIAM J. Appl. Math. 17, 416, 1969: at most 4/3 of the best makespan; here far below).
    """
    return job.background, -job.priority, turn(job.day, newest_first=job.newest_first), -job.seconds, job.id


def in_turn(jobs: Iterable[Waiting]) -> list[Waiting]:
    """In the order in which jobs are taken."""
    return sorted(jobs, key=key)


def closing(window: Window, now: datetime) -> Closing:
    """What is left of an open window at `now` (UTC); nothing of one that is not open."""
    if window.always:
        return Closing()
    length = (datetime.combine(now.date(), window.closes) - datetime.combine(now.date(), window.opens)) % DAY
    left = window.closing_after(now) - now if window.is_open(now) else timedelta()
    return Closing(left.total_seconds(), length.total_seconds())


def next_job(queue: Sequence[Waiting], remaining: Closing, *, overrun: bool = False) -> Waiting | None:
    """The first of a queue that the window still holds; None if there is none.  The queue is `in_turn`.

    With `overrun`, if there is none, the first of all: rather over the end of the window than an idle worker.
    Nothing starts in a window that is closed.
    """
    if remaining.left <= 0 or not queue:
        return None
    held = (job for job in queue if remaining.holds(job.late))
    return next(held, queue[0] if overrun else None)
