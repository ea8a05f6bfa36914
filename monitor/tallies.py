"""How many jobs are in which state, of one date, of several, of all."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from django.db.models import Count, QuerySet

from monitor.marks import JOB_MARKS, Mark
from processing.core.states import TROUBLE, UNFINISHED, JobState
from processing.models import Job

_NONE = {state.value: 0 for state in JobState}


@dataclass(frozen=True)
class Segment:
    """A part of a bar; start and width in percent of the whole."""

    state: JobState
    mark: Mark
    number: int
    start: float
    width: float


@dataclass(frozen=True)
class Tally:
    """The number of jobs per state; every state is there."""

    counts: Mapping[str, int]

    def of(self, states: Collection[str]) -> int:
        """How many are in one of these states."""
        return sum(self.counts[state] for state in states)

    @property
    def total(self) -> int:
        """All jobs."""
        return sum(self.counts.values())

    @property
    def ended(self) -> int:
        """Those that will not change any more."""
        return self.total - self.unfinished

    @property
    def unfinished(self) -> int:
        """Those that wait, run or are being ingested."""
        return self.of(UNFINISHED)

    @property
    def trouble(self) -> int:
        """Those that somebody should look at."""
        return self.of(TROUBLE)

    @property
    def ingested(self) -> int:
        """Those whose product is in the archive."""
        return self.counts[JobState.INGESTED]

    @property
    def ingesting(self) -> int:
        """Those whose product is on its way there."""
        return self.counts[JobState.PROCESSED]

    @property
    def running(self) -> int:
        """Those with a worker."""
        return self.counts[JobState.RUNNING]

    @property
    def waiting(self) -> int:
        """Those that wait for one."""
        return self.counts[JobState.WAITING]

    @property
    def segments(self) -> list[Segment]:
        """What a bar consists of, from left to right; states without jobs are left out."""
        found, start = [], 0.0
        for state, mark in JOB_MARKS.items():
            if number := self.counts[state]:
                width = 100 * number / self.total
                found.append(Segment(JobState(state), mark, number, start, width))
                start += width
        return found


class Counted(Protocol):
    """A processing date, or as much of it as counting needs."""

    @property
    def pk(self) -> Any:
        """Its primary key."""

    @property
    def final(self) -> Mapping[str, int] | None:
        """Its counts, if they are final."""


def tally(jobs: QuerySet[Job]) -> Tally:
    """Of these jobs; one query."""
    return complete(dict(jobs.order_by().values_list("state").annotate(Count("id"))))


def tallies(dates: Collection[Counted]) -> Mapping[int, Tally]:
    """Of each of these dates, by primary key; one query for those that are not finished, if there are such.

    A finished date was counted when it was finished (docs/decisions/0008-counts.md).
    """
    live = counted([date.pk for date in dates if date.final is None])
    return {date.pk: live[date.pk] if date.final is None else complete(date.final) for date in dates}


def counted(dates: Collection[int]) -> Mapping[int, Tally]:
    """Of each of these dates, by primary key, as it is now; one query, none if there are no dates."""
    counts: dict[int, dict[str, int]] = {date: {} for date in dates}
    if dates:
        grouped = Job.objects.filter(date__in=dates).order_by().values_list("date", "state")
        for date, state, number in grouped.annotate(Count("id")):
            counts[date][state] = number
    return {date: complete(found) for date, found in counts.items()}


def total(parts: Iterable[Tally]) -> Tally:
    """Several tallies as one."""
    counts = Counter[str]()
    for part in parts:
        counts.update(part.counts)
    return complete(counts)


def complete(counts: Mapping[str, int]) -> Tally:
    """A tally of these numbers; a state that is not named has no jobs."""
    return Tally({**_NONE, **counts})
