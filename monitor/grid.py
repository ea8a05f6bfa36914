"""Dates and instruments: how each processing date stands, in a word, two numbers and a reason."""

import datetime
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from django.db.models import OuterRef, Subquery, TextField
from django.db.models.functions import Cast

from monitor.certificates import modes
from monitor.marks import Mark
from monitor.tallies import Tally, complete, counted
from processing.core.states import CertificateState, DateState, JobState
from processing.models import Job, ProcessingDate
from processing.models.dates import final

DAYS, MOST = 90, 366
MARKS: Mapping[str, Mark] = {
    name: Mark(shape, word, tone)
    for name, shape, word, tone in (
        ("done", "check", "done", "done"),
        ("part", "half", "some failed", "part"),
        ("failed", "cross", "failed", "failed"),
        ("lost", "question", "lost", "failed"),
        ("running", "play", "running", "running"),
        ("waiting", "dot", "waiting", "waiting"),
        ("held", "pause", "held", "held"),
        ("skipped", "slash", "skipped in a stop", "skipped"),
        ("not_executable", "empty", "not executable", "rejected"),
    )
}
"""By the word of the API, in the order of the legend."""
STOP = re.compile(r"\bstop (\d+)\b")


class Cell(NamedTuple):
    """One processing date."""

    standing: str
    """A key of `MARKS`."""
    done: int
    """Jobs whose product is in the archive."""
    of: int
    """Executable jobs."""
    failed: int
    """Jobs that ended badly."""
    total: int
    why: str = ""

    @property
    def mark(self) -> Mark:
        """How it looks."""
        return MARKS[self.standing]


@dataclass(frozen=True)
class Span:
    """Days from the first to the last, both included."""

    first: datetime.date
    last: datetime.date

    @property
    def days(self) -> int:
        """How many."""
        return (self.last - self.first).days + 1

    def moved(self, times: int) -> "Span":
        """As long, so many times its length later; ends where the calendar ends."""
        first, last = (self._shifted(day, times * self.days) for day in (self.first, self.last))
        return Span(first, last)

    @staticmethod
    def _shifted(day: datetime.date, days: int) -> datetime.date:
        least, most = datetime.date.min.toordinal(), datetime.date.max.toordinal()
        return datetime.date.fromordinal(min(max(day.toordinal() + days, least), most))


@dataclass(frozen=True)
class Grid:
    """The cells of a span; a day on which no instrument has anything is left out."""

    span: Span | None
    """None if nothing was asked for and nothing is registered."""
    cells: Mapping[datetime.date, Mapping[str, Cell]]
    """By day, the newest first, and instrument."""


def grid(instruments: Collection[str], first: datetime.date | None, last: datetime.date | None) -> Grid:
    """How all dates of a span stand; at most three queries.

    Without a last day it ends with the newest date, without a first it has `DAYS` days.  Raises ValueError for a span
    that ends before it begins, or is longer than `MOST` days.
    """
    if first and last:
        checked(Span(first, last))
    dates = _dates(instruments, first, last)
    if last is None and dates:
        last = dates[0].date
    if last is None:
        return Grid(None, {})
    span = checked(Span(first or Span(last, last).moved(1 - DAYS).first, last))
    inside = [date for date in dates if span.first <= date.date]
    return Grid(span, _by_day(inside))


def checked(span: Span) -> Span:
    """The span, if it may be shown."""
    if span.days < 1:
        raise ValueError(f"it ends on {span.last}, before it begins on {span.first}")
    if span.days > MOST:
        raise ValueError(f"it has {span.days} days; {MOST} can be shown at once")
    return span


class Row(NamedTuple):
    """What the grid needs of a processing date: thousands are shown at once."""

    pk: int
    date: datetime.date
    instrument: str
    state: str
    reason: str
    counts: str | None
    """As JSON text: those of a thousand dates are not read, but known."""

    @property
    def final(self) -> str | None:
        """The counts, if they are final."""
        return final(self.state, self.counts)


def _dates(instruments: Collection[str], first: datetime.date | None, last: datetime.date | None) -> list[Row]:
    """The newest first; not more than can be shown, though some of them may be too old."""
    dates = ProcessingDate.objects.filter(instrument__in=instruments).order_by("-date", "instrument_id")
    if first:
        dates = dates.filter(date__gte=first)
    if last:
        dates = dates.filter(date__lte=last)
    rows = dates.values_list("pk", "date", "instrument_id", "state", "reason", Cast("counts", TextField()))
    return [Row(*row) for row in rows[: (MOST if first else DAYS) * len(instruments)]]


def _by_day(dates: Sequence[Row]) -> Mapping[datetime.date, Mapping[str, Cell]]:
    live = counted([date.pk for date in dates if date.final is None])
    cells = [_finished(date.final) if date.final else _cell(date.state, live[date.pk]) for date in dates]
    stops = _stops([date.pk for date, cell in zip(dates, cells, strict=True) if cell.standing == "skipped"])
    found: dict[datetime.date, dict[str, Cell]] = {}
    for date, cell in zip(dates, cells, strict=True):
        why = date.reason if date.state == DateState.HELD else stops.get(date.pk, "")
        found.setdefault(date.date, {})[date.instrument] = cell._replace(why=why) if why else cell
    return found


@lru_cache(maxsize=1 << 14)
def _finished(counts: str) -> Cell:
    """Of a date that is finished: it looks as any other with these counts, and most dates are so."""
    return _cell(DateState.FINISHED, complete(json.loads(counts)))


def _cell(state: str, tally: Tally) -> Cell:
    total = tally.total
    return Cell(standing(state, tally), tally.ingested, total - tally.counts[JobState.REJECTED], tally.trouble, total)


def _stops(dates: Collection[int]) -> Mapping[int, str]:
    """Of dates that were skipped, by primary key, in which stop; one query, none if there are no such dates."""
    if not dates:
        return {}
    skipped = Job.objects.filter(date=OuterRef("pk"), state=JobState.SKIPPED).values("sentence")[:1]
    rows = ProcessingDate.objects.filter(pk__in=dates).order_by()
    said = rows.annotate(said=Subquery(skipped)).values_list("pk", "said")
    return {pk: f"stop #{found[1]}" for pk, sentence in said if (found := STOP.search(sentence or ""))}


def standing(state: str, tally: Tally) -> str:
    """How a date stands: a key of `MARKS`."""
    if state == DateState.HELD:
        return "held"
    if state == DateState.REGISTERED and tally.waiting:
        return "waiting"
    if state != DateState.FINISHED:
        return "running"
    return _ended(tally)


def _ended(tally: Tally) -> str:
    if trouble := tally.trouble:
        only_lost = trouble == tally.counts[JobState.LOST]
        return "part" if tally.ingested else "lost" if only_lost else "failed"
    if tally.ingested:
        return "done"
    return "skipped" if tally.counts[JobState.SKIPPED] else "not_executable"


def certified() -> frozenset[str]:
    """The instruments of which any mode is phoenix certified now; one query."""
    return frozenset(mode.valid.instrument for mode in modes() if mode.valid.state == CertificateState.CERTIFIED)
