"""Campaigns as pages show them: how far each is, how quick, and what is left."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Min, Q
from django.utils import timezone

from monitor.marks import Mark
from monitor.tallies import Tally
from processing.core.states import CampaignState, JobState
from processing.models import Campaign, Job
from processing.models.campaigns import DAY_TO_DAY

C = CampaignState
MARKS: Mapping[str, Mark] = {
    C.DRAFT: Mark("empty", "draft", "rejected"),
    C.RUNNING: Mark("play", "running", "running"),
    C.PAUSED: Mark("pause", "paused", "held"),
    C.DONE: Mark("check", "done", "done"),
    C.CANCELLED: Mark("cross", "cancelled", "failed"),
}
STEPS: Mapping[CampaignState, Sequence[str]] = {
    C.DRAFT: ("cancel",),
    C.RUNNING: ("pause", "cancel"),
    C.PAUSED: ("resume", "cancel"),
}
SLOTS = 100
"""On a page of the list of its ABs."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True)
class Progress:
    """A campaign with its jobs counted."""

    campaign: Campaign
    tally: Tally

    @property
    def mark(self) -> Mark:
        """How its state looks."""
        return MARKS[self.campaign.state]

    @property
    def percent(self) -> int | None:
        """How many of its jobs have ended, rounded down: 100 means all of them; None without jobs."""
        return 100 * self.tally.ended // self.tally.total if self.tally.total else None

    @property
    def endless(self) -> bool:
        """True of the day-to-day stream, which is never done."""
        return self.campaign.endless

    @property
    def steps(self) -> Sequence[str]:
        """What a person can do with it."""
        return () if self.endless else STEPS.get(CampaignState(self.campaign.state), ())


@dataclass(frozen=True)
class Part:
    """The jobs of one instrument in a campaign, and the span of their dates."""

    instrument: str
    tally: Tally
    first: datetime
    last: datetime


@dataclass(frozen=True)
class Rate:
    """Jobs that ended within the last hour and day."""

    hour: int
    day: int

    def left(self, unfinished: int) -> timedelta | None:
        """How long the rest would take at the rate of the last hour; None without one."""
        return HOUR * unfinished / self.hour if self.hour and unfinished else None


def everything() -> Sequence[Progress]:
    """Every campaign, the day-to-day stream first, then the newest; two queries."""
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    for campaign, state, number in Job.objects.order_by().values_list("campaign", "state").annotate(Count("id")):
        counts[campaign][state] = number
    rows = sorted(Campaign.objects.order_by("-id"), key=lambda row: row.name != DAY_TO_DAY)
    return [Progress(row, counted(counts[row.pk])) for row in rows]


def parts(campaign: Campaign) -> Sequence[Part]:
    """By instrument; one query."""
    grouped = Job.objects.filter(campaign=campaign).order_by().values_list("date__instrument", "state")
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    days: dict[str, list[datetime]] = defaultdict(list)
    for name, state, number, first, last in grouped.annotate(Count("id"), Min("date__date"), Max("date__date")):
        counts[name][state] = number
        days[name] += [first, last]
    return [Part(name, counted(counts[name]), min(days[name]), max(days[name])) for name in sorted(counts)]


@dataclass(frozen=True)
class Slots:
    """A page of the ABs of a campaign."""

    jobs: Sequence[Job]
    following: str
    """Where the next page begins; empty for the last."""


def slots(campaign: Campaign, state: str = "", reason: str = "", after: int = 0) -> Slots:
    """Its ABs in the order in which they were put in, run or not; one query."""
    # A range of one: for an equality PostgreSQL reads by number, from the first job of all campaigns on.
    mine = Job.objects.filter(campaign__gte=campaign.pk, campaign__lte=campaign.pk, pk__gt=after)
    rows = mine.select_related("block", "date").defer("block__text")
    rows = rows.filter(state=state) if state else rows
    rows = rows.filter(reason=reason) if reason else rows
    found = list(rows.order_by("campaign_id", "pk")[: SLOTS + 1])
    return Slots(found[:SLOTS], str(found[SLOTS - 1].pk) if len(found) > SLOTS else "")


def reasons(campaign: Campaign) -> Sequence[tuple[str, str, int]]:
    """How many ended in which state for which reason; one query."""
    rows = Job.objects.filter(campaign=campaign).exclude(reason="").order_by("state", "reason")
    return list(rows.values_list("state", "reason").annotate(Count("id")))


def whole(parts: Sequence[Part]) -> Tally:
    """All instruments together."""
    return Tally({state: sum(part.tally.counts[state] for part in parts) for state in JobState})


def rate(campaign: Campaign) -> Rate:
    """How quickly it goes; one query."""
    now = timezone.now()
    ended = Job.objects.filter(campaign=campaign, ended__gte=now - DAY)
    return Rate(**ended.aggregate(hour=Count("id", filter=Q(ended__gte=now - HOUR)), day=Count("id")))


def counted(counts: Mapping[str, int]) -> Tally:
    """Every state is there."""
    return Tally({state.value: counts.get(state, 0) for state in JobState})
