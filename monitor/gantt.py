"""Which worker had which job when: the jobs of a date as bars in rows, and when nothing could start."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from django.db.models import F
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from monitor.closures import Closure, closures
from processing.core.spans import total
from processing.core.states import JobState
from processing.models import Job, ProcessingDate

# More jobs than these cannot be told apart: the longest are drawn.
MOST_JOBS = 1000
MINUTE = timedelta(minutes=1)
COLUMNS = ("block__name", "state", "owner", "claimed", "processed", "ended")
_COLUMNS = attrgetter(*COLUMNS)


@dataclass(frozen=True)
class Bar:
    """A job while a worker had it; `running` if it still does."""

    name: str
    state: str
    owner: str
    start: datetime
    end: datetime
    running: bool

    @property
    def span(self) -> tuple[float, float]:
        """In seconds since 1970 UTC."""
        return self.start.timestamp(), self.end.timestamp()

    @property
    def took(self) -> timedelta:
        """How long."""
        return self.end - self.start


@dataclass(frozen=True)
class Row:
    """A place on a host: processes that came one after another, with their jobs in order."""

    label: str
    bars: Sequence[Bar]

    @property
    def end(self) -> datetime:
        """When its last job left it."""
        return max(bar.end for bar in self.bars)

    @property
    def busy(self) -> timedelta:
        """How long it had a job."""
        return timedelta(seconds=total(bar.span for bar in self.bars))

    @property
    def idle(self) -> timedelta:
        """How long it had none between its first and its last."""
        return self.end - self.bars[0].start - self.busy


@dataclass(frozen=True)
class Gantt:
    """The rows of a date."""

    rows: Sequence[Row]
    closures: Sequence[Closure]
    cut: bool
    """True if there are more jobs than are drawn."""
    now: datetime | None
    """If something runs: the present minute."""

    @property
    def first(self) -> datetime:
        """When the first job was claimed."""
        return min(row.bars[0].start for row in self.rows)

    @property
    def last(self) -> datetime:
        """When the last worker was free."""
        return max(row.end for row in self.rows)


def gantt(date: ProcessingDate, jobs: Iterable[Any] | None = None) -> Gantt | None:
    """Of the jobs that a worker had or has; None if there are none.

    `jobs` are all of the date with `COLUMNS`, if somebody has them already.  One query, two without.
    """
    rows = _asked(date) if jobs is None else [_COLUMNS(job) for job in jobs if job.claimed and job.owner]
    # To the minute: a page that has not changed otherwise stays the same.
    now = timezone.now().replace(second=0, microsecond=0) + MINUTE
    bars = [bar for row in rows[:MOST_JOBS] if (bar := _bar(row, now))]
    if not bars:
        return None
    first, last = min(bar.start for bar in bars), max(bar.end for bar in bars)
    running = any(bar.running for bar in bars)
    shut = closures(date.instrument, first, last)
    return Gantt(lanes(bars), shut, len(rows) > MOST_JOBS, now if running else None)


def _asked(date: ProcessingDate) -> list[Any]:
    took = Coalesce("processed", "ended", Now()) - F("claimed")
    claimed = Job.objects.filter(date=date, claimed__isnull=False).exclude(owner="").order_by(took.desc())
    return list(claimed.values_list(*COLUMNS)[: MOST_JOBS + 1])


def _bar(row: tuple[str, str, str, datetime, datetime | None, datetime | None], now: datetime) -> Bar | None:
    name, state, owner, claimed, processed, ended = row
    running = state == JobState.RUNNING
    end = now if running else processed or ended
    return Bar(name, state, owner, claimed, max(end, claimed), running) if end else None


def lanes(bars: Iterable[Bar]) -> list[Row]:
    """Rows by host: a process gets the first row whose processes had ended their work before it began."""
    processes: dict[str, list[Bar]] = {}
    for bar in sorted(bars, key=lambda bar: bar.start):
        processes.setdefault(bar.owner, []).append(bar)
    hosts: dict[str, list[list[Bar]]] = {}
    for owner, worked in processes.items():
        places = hosts.setdefault(owner.partition(":")[0], [])
        free = (place for place in places if max(bar.end for bar in place) <= worked[0].start)
        place = next(free, None)
        if place is None:
            places.append(worked)
        else:
            place.extend(worked)
    ordered = sorted(hosts.items())
    return [Row(f"{host} · {n}", place) for host, places in ordered for n, place in enumerate(places, 1)]
