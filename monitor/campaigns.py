"""Campaigns as pages show them: how far each is, how quick, and what is left."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Q
from django.utils import timezone

from monitor.marks import Mark
from monitor.tallies import Tally
from processing.core.states import CampaignState, JobState
from processing.models import Campaign, Job
from processing.models.campaigns import DAY_TO_DAY
from processing.models.census import Census, kept

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
SLOTS = 50
"""On a page of the list of its ABs."""
SHOWN = ("campaign", "state", "reason", "sentence", "due", "block__name", "date__instrument", "date__date")
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
    first: date
    last: date


@dataclass(frozen=True)
class Rate:
    """Jobs that ended within the last hour and day."""

    hour: int
    day: int

    def left(self, unfinished: int) -> timedelta | None:
        """How long the rest would take at the rate of the last hour; None without one."""
        return HOUR * unfinished / self.hour if self.hour and unfinished else None


def everything() -> Sequence[Progress]:
    """Every campaign, the day-to-day stream first, then the newest; two queries, large ones as they were counted."""
    rows = sorted(Campaign.objects.order_by("-id").defer("names", "missing"), key=lambda row: row.name != DAY_TO_DAY)
    large = {row.pk: found for row in rows if (found := kept(row))}
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    others = Job.objects.filter(campaign__in=[row.pk for row in rows if row.pk not in large]).order_by()
    for campaign, state, number in others.values_list("campaign", "state").annotate(Count("id")):
        counts[campaign][state] = number
    return [Progress(row, whole(parts(large[row.pk])) if row.pk in large else counted(counts[row.pk])) for row in rows]


def parts(found: Census) -> Sequence[Part]:
    """By instrument."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    days: dict[str, list[str]] = defaultdict(list)
    for group in found.groups:
        counts[group.instrument][group.state] += group.jobs
        days[group.instrument] += [group.first, group.last]
    return [Part(name, counted(counts[name]), *ends(days[name])) for name in sorted(counts)]


def ends(days: Sequence[str]) -> tuple[date, date]:
    """The first and the last."""
    return date.fromisoformat(min(days)), date.fromisoformat(max(days))


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
    rows = mine.select_related("block", "date").only(*SHOWN)
    rows = rows.filter(state=state) if state else rows
    rows = rows.filter(reason=reason) if reason else rows
    found = list(rows.order_by("campaign_id", "pk")[: SLOTS + 1])
    return Slots(found[:SLOTS], str(found[SLOTS - 1].pk) if len(found) > SLOTS else "")


def reasons(found: Census) -> Sequence[tuple[str, str, int]]:
    """How many ended in which state for which reason."""
    numbers = Counter[tuple[str, str]]()
    for group in found.groups:
        if group.reason:
            numbers[group.state, group.reason] += group.jobs
    return [(state, reason, number) for (state, reason), number in sorted(numbers.items())]


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
