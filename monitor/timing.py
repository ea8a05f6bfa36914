"""Where the time of nights goes: T = t·N/cores against what it took, phases, recipes, the slowest jobs."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import NamedTuple

from monitor.closures import closures
from monitor.nested import finite
from monitor.spread import percentile
from processing.core.spans import Blocked, Span, peak, total
from processing.core.states import DateState, JobState
from processing.models import Event, Instrument, Job, ProcessingDate

NIGHTS, MOST_NIGHTS = 30, 120
MOST_JOBS = 10_000
SLOWEST = 20
MOST_SETUPS = 20
# In the order in which a job goes through them; the first and the last hold no worker of the recipe.
PHASES: Mapping[str, str] = {
    "queue": "waiting for a worker",
    "fetch": "download and checks",
    "recipe": "recipe",
    "scoring": "measuring and scoring",
    "ingestion": "ingestion",
}
COSTS = ("fetch", "recipe", "scoring", "ingestion")
# Its end is noted by whoever misses the worker, not when the work ended.
UNTIMED = (JobState.LOST,)
MOMENT = 0.05
"""Seconds; a job that waited longer for its worker had its files before, while another one ran."""


class Attempt(NamedTuple):
    """The columns of a claimed job that say when it was where."""

    pk: int
    name: str
    recipe: str
    setup: str
    state: str
    night: int
    campaign: int
    registered: datetime
    claimed: datetime
    started: datetime | None
    processed: datetime | None
    ended: datetime | None
    seconds: float | None
    waited: float | None

    @property
    def begun(self) -> datetime:
        """When it had a worker for itself: from its claim, or from its start if it waited for one with its files."""
        return self.started if self.started and (self.waited or 0.0) > MOMENT else self.claimed

    @property
    def released(self) -> datetime | None:
        """When the worker had room for another recipe; None while it has not, and if nobody knows."""
        if self.freed is None or self.started is None or self.seconds is None:
            return self.freed
        return min(self.freed, self.started + timedelta(seconds=self.seconds))

    @property
    def freed(self) -> datetime | None:
        """When it had no worker any more; None while it runs, and if nobody knows."""
        return self.processed or (None if self.state in UNTIMED else self.ended)

    @property
    def busy(self) -> Span | None:
        """While it had a worker for itself, in seconds since 1970 UTC."""
        return (self.begun.timestamp(), self.released.timestamp()) if self.released else None


COLUMNS = (
    "pk",
    "block__name",
    "block__recipe",
    "block__setup",
    "state",
    "date_id",
    "campaign_id",
    "registered",
    "claimed",
    "started",
    "processed",
    "ended",
    "seconds",
    "waited",
)


@dataclass(frozen=True)
class Night:
    """A DFO date: seconds, None for what was not measured."""

    date: date
    jobs: int
    workers: int
    """The most jobs that had a worker at once."""
    predicted: float | None
    """T = sum(t) / workers, t as long as a job had a worker for itself."""
    actual: float | None
    """As long as any job had or awaited a worker, without stops and closed windows."""
    calibrations: float | None
    """Of the download of the date's calibrations, once for all jobs."""
    phases: Mapping[str, float | None]
    """Mean of each phase per job that went through it."""
    totals: Mapping[str, float]

    @property
    def ratio(self) -> float | None:
        """Actual over predicted."""
        return self.actual / self.predicted if self.actual and self.predicted else None


@dataclass(frozen=True)
class Setup:
    """The times of a recipe in one setup, in seconds."""

    recipe: str
    setup: str
    seconds: Sequence[float]

    @property
    def number(self) -> int:
        """How many recipes ran."""
        return len(self.seconds)

    @property
    def total(self) -> float:
        """All together."""
        return sum(self.seconds)

    @property
    def p50(self) -> float:
        """The median."""
        return median(self.seconds)

    @property
    def p95(self) -> float:
        """19 of 20 were quicker."""
        return percentile(self.seconds, 95)

    @property
    def longest(self) -> float:
        """The slowest."""
        return max(self.seconds)


@dataclass(frozen=True)
class Course:
    """What a night's time is taken apart from, in seconds since 1970 UTC."""

    row: ProcessingDate
    attempts: Sequence[Attempt]
    preparing: Sequence[Span]
    """While its calibrations came."""
    closed: Sequence[Span]
    """While nothing of its instrument might start."""


@dataclass(frozen=True)
class Timing:
    """Of an instrument in some nights."""

    nights: Sequence[Night]
    """The oldest first."""
    setups: Sequence[Setup]
    """Those that took most time first."""
    slowest: Sequence[Attempt]
    jobs: int
    courses: Sequence[Course]
    """Of the same nights, the oldest first."""

    @property
    def cut(self) -> bool:
        """True if there are older jobs that were not read."""
        return self.jobs == MOST_JOBS

    @property
    def totals(self) -> dict[str, float]:
        """Of each phase, over all jobs."""
        return {phase: sum(night.totals[phase] for night in self.nights) for phase in PHASES}


def nights_of(instrument: str, first: date | None, last: date | None) -> list[ProcessingDate]:
    """The newest dates of a range, or the newest of all; the newest first.  One query."""
    rows = ProcessingDate.objects.filter(instrument=instrument).select_related("instrument").order_by("-date")
    rows = rows.filter(date__gte=first) if first else rows
    rows = rows.filter(date__lte=last) if last else rows
    return list(rows[: MOST_NIGHTS if first else NIGHTS])


def timing(nights: Sequence[ProcessingDate]) -> Timing:
    """Of dates of one instrument; three queries."""
    rows = Job.objects.filter(date__in=nights, claimed__isnull=False).order_by("-id")
    # What is no number was not measured.
    found = (Attempt(*row) for row in rows.values_list(*COLUMNS)[:MOST_JOBS])
    attempts = [attempt._replace(seconds=finite(attempt.seconds)) for attempt in found]
    closed = shut([nights[0].instrument], attempts)
    blocked = Blocked(closed)
    of_night: dict[int, list[Attempt]] = defaultdict(list)
    for attempt in attempts:
        of_night[attempt.night].append(attempt)
    prepared = preparations(nights)
    measured = [night(row, of_night[row.pk], prepared.get(row.pk), blocked) for row in nights if of_night[row.pk]]
    timed = sorted((a for a in attempts if a.seconds is not None), key=lambda a: -(a.seconds or 0))
    courses = [
        Course(row, of_night[row.pk], preparing(row, prepared), closed) for row in reversed(nights) if of_night[row.pk]
    ]
    return Timing(measured[::-1], setups(timed), timed[:SLOWEST], len(attempts), courses)


def shut(instruments: Iterable[Instrument], attempts: Sequence[Attempt]) -> list[Span]:
    """While nothing of them could start, in seconds since 1970 UTC."""
    if not attempts:
        return []
    first, last = min(a.registered for a in attempts), max(a.freed or a.claimed for a in attempts)
    return [closure.span for instrument in instruments for closure in closures(instrument, first, last)]


def preparing(row: ProcessingDate, lasted: Mapping[int, float]) -> list[Span]:
    """The last preparation of a date that was done, of their lengths."""
    if row.prepared is None or row.pk not in lasted:
        return []
    return [(row.prepared.timestamp() - lasted[row.pk], row.prepared.timestamp())]


def preparations(nights: Iterable[ProcessingDate]) -> dict[int, float]:
    """How long the last preparation of each date took that was done; from its event, one query."""
    done = {row.pk: row.prepared for row in nights if row.prepared}
    begun = Event.objects.filter(subject=ProcessingDate.subject, subject_id__in=done, new=DateState.PREPARING)
    found: dict[int, float] = {}
    for pk, at in begun.order_by("id").values_list("subject_id", "at"):
        if at <= done[pk]:
            found[pk] = (done[pk] - at).total_seconds()
    return found


def night(row: ProcessingDate, attempts: Sequence[Attempt], calibrations: float | None, blocked: Blocked) -> Night:
    """One date in numbers."""
    busy = [attempt.busy for attempt in attempts if attempt.busy]
    held = [(a.begun.timestamp(), a.freed.timestamp()) for a in attempts if a.freed]
    waiting = [(ready, a.claimed.timestamp()) for a, ready in zip(attempts, readiness(row, attempts), strict=True)]
    measured = [phases(a, blocked.free(*wait)) for a, wait in zip(attempts, waiting, strict=True)]
    spent = {phase: [times[phase] for times in measured if phase in times] for phase in PHASES}
    workers = peak(busy)
    return Night(
        date=row.date,
        jobs=len(attempts),
        workers=workers,
        predicted=sum(end - start for start, end in busy) / workers if workers else None,
        actual=total([*held, *blocked.outside(waiting)]) if held else None,
        calibrations=calibrations,
        phases={phase: sum(times) / len(times) if times else None for phase, times in spent.items()},
        totals={phase: sum(times) for phase, times in spent.items()},
    )


def readiness(row: ProcessingDate, attempts: Sequence[Attempt]) -> list[float]:
    """From when each job only lacked a worker: registered, its date prepared, the first job of its campaign claimed."""
    first: dict[int, datetime] = {}
    for attempt in attempts:
        first[attempt.campaign] = min(attempt.claimed, first.get(attempt.campaign, attempt.claimed))
    prepared = row.prepared or row.registered
    moments = (max(a.registered, min(prepared, a.claimed), first[a.campaign]) for a in attempts)
    return [moment.timestamp() for moment in moments]


def phases(attempt: Attempt, queue: float) -> dict[str, float]:
    """Seconds in each phase of which both ends are known."""
    found = {"queue": queue}
    if attempt.started:
        found["fetch"] = (attempt.started - attempt.claimed).total_seconds() - (attempt.waited or 0.0)
    if attempt.seconds is not None:
        found["recipe"] = attempt.seconds
        if attempt.started and attempt.freed:
            found["scoring"] = max(0.0, (attempt.freed - attempt.started).total_seconds() - attempt.seconds)
    if attempt.processed and attempt.ended:
        found["ingestion"] = (attempt.ended - attempt.processed).total_seconds()
    return found


def setups(attempts: Iterable[Attempt]) -> list[Setup]:
    """By recipe and setup."""
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    for attempt in attempts:
        if attempt.seconds is not None:
            found[attempt.recipe, attempt.setup].append(attempt.seconds)
    return sorted((Setup(*names, seconds) for names, seconds in found.items()), key=lambda row: -row.total)
