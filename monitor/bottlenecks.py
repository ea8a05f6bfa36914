"""Where the time of nights and campaigns went, as pages show it: by cause, the largest named, and the efficiency."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from monitor import timing
from monitor.timing import Attempt, Course
from processing.core.bottlenecks import Breakdown, Cause, Worked, breakdown
from processing.core.spans import Span, peak
from processing.core.states import CampaignState
from processing.models import Campaign, Event, Instrument, Job, ProcessingDate

MOST_JOBS = 500
"""Of a campaign, those that were claimed last: where its time goes now."""


@dataclass(frozen=True)
class Found:
    """A breakdown with its rows for a table."""

    breakdown: Breakdown

    @property
    def rows(self) -> list[tuple[Cause, float, float]]:
        """Cause, seconds of workers, percent; the largest first, without what took nothing."""
        shares = self.breakdown.shares
        rows = [(cause, spent, 100 * shares[cause]) for cause, spent in self.breakdown.seconds.items() if spent > 0]
        return sorted(rows, key=lambda row: -row[1])

    @property
    def dominating(self) -> Cause | None:
        """What took the most."""
        return self.breakdown.dominating

    @property
    def efficiency(self) -> float | None:
        """Sum of job times over makespan and workers, in percent."""
        found = self.breakdown.efficiency
        return None if found is None else 100 * found


def worked(attempts: Sequence[Attempt], ready: Sequence[float]) -> list[Worked]:
    """Jobs that had a worker and left it."""
    return [
        Worked(
            ready=min(moment, one.begun.timestamp()),
            claimed=one.begun.timestamp(),
            freed=one.freed.timestamp(),
            started=one.started.timestamp() if one.started else None,
            recipe=one.seconds or 0.0,
            ingestion=(one.processed.timestamp(), one.ended.timestamp()) if one.processed and one.ended else None,
        )
        for one, moment in zip(attempts, ready, strict=True)
        if one.freed
    ]


def found(jobs: Sequence[Worked], closed: Iterable[Span], preparing: Iterable[Span] = ()) -> Found | None:
    """Of jobs of some workers: the most that had a job at once; None without jobs."""
    if not jobs:
        return None
    return Found(breakdown(jobs, peak([(job.claimed, job.released) for job in jobs]), closed, preparing))


def of_campaign(campaign: Campaign) -> Found | None:
    """Of its jobs that were claimed last; six queries."""
    rows = Job.objects.filter(campaign=campaign, claimed__isnull=False).order_by("-claimed")
    attempts = [Attempt(*row) for row in rows.values_list(*timing.COLUMNS)[:MOST_JOBS]]
    nights: dict[int, list[Attempt]] = defaultdict(list)
    for attempt in attempts:
        nights[attempt.night].append(attempt)
    dates = ProcessingDate.objects.in_bulk(nights)
    jobs = [job for pk, some in nights.items() for job in worked(some, timing.readiness(dates[pk], some))]
    names = {date.instrument_id for date in dates.values()}
    closed = timing.shut(Instrument.objects.filter(pk__in=names), attempts) if len(names) == 1 else []
    return found(jobs, [*closed, *pauses(campaign)])


@dataclass(frozen=True)
class Night:
    """Where the time of a night went."""

    date: date
    found: Found

    @property
    def parts(self) -> list[tuple[Cause, float]]:
        """Every cause and its percent, in the order of `Cause`."""
        shares = self.found.breakdown.shares
        return [(cause, 100 * shares.get(cause, 0.0)) for cause in Cause]


@dataclass(frozen=True)
class Nights:
    """Of some nights, the newest first."""

    nights: Sequence[Night]

    @property
    def sentence(self) -> str:
        """What took the most in the newest night, and in how many of all."""
        if not self.nights:
            return "No job has left its worker yet."
        newest = self.nights[0]
        cause, breakdown = newest.found.dominating, newest.found.breakdown
        share = 100 * breakdown.shares[cause] if cause else 0.0
        same = sum(night.found.dominating == cause for night in self.nights)
        told = f"In the night of {newest.date} most of the time of workers went to: {cause}, {share:.0f} %"
        return f"{told}; in {same} of {len(self.nights)} nights it was that."

    @property
    def efficiency(self) -> float | None:
        """Of the newest night, in percent."""
        return self.nights[0].found.efficiency if self.nights else None


def of_nights(courses: Sequence[Course]) -> Nights:
    """Night by night, of what `monitor.timing` has read; no query.  The newest first."""
    told = ((one, worked(one.attempts, timing.readiness(one.row, one.attempts))) for one in reversed(courses))
    each = ((one.row.date, found(jobs, one.closed, one.preparing)) for one, jobs in told)
    return Nights([Night(day, went) for day, went in each if went])


def pauses(campaign: Campaign) -> list[Span]:
    """While it was paused; one that lasts is left out."""
    rows = Event.objects.filter(subject=Campaign.subject, subject_id=campaign.pk).order_by("id")
    spans: list[Span] = []
    since: float | None = None
    for state, at in rows.values_list("new", "at"):
        if since is not None:
            spans.append((since, at.timestamp()))
        since = at.timestamp() if state == CampaignState.PAUSED else None
    return spans
