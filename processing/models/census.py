"""The jobs of a campaign in numbers; those of a large one are kept beside it, so that no page counts 200,000."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Count, F, Max, Min, Q, Sum
from django.utils import timezone

from processing.core.states import UNFINISHED
from processing.models.campaigns import Campaign
from processing.models.jobs import Job

LARGE = 10_000
"""Jobs; to count fewer takes some milliseconds."""
KEPT = timedelta(minutes=5)
"""How long the numbers of a campaign are good that is not over; the sweep renews them more often."""


class Group(NamedTuple):
    """Jobs of one instrument that are in one state for one reason."""

    instrument: str
    state: str
    reason: str
    jobs: int
    seconds: float
    """The sum of their predicted run times, of the squares of these, and the largest."""
    squares: float
    longest: float
    done: int
    """Those that had a worker and made products, and the sum of their predicted run times."""
    done_seconds: float
    first: str
    """DFO dates."""
    last: str


@dataclass(frozen=True)
class Census:
    """The jobs of a campaign as they were at one time."""

    at: str
    took: float
    """Seconds."""
    groups: Sequence[Group]

    @property
    def time(self) -> datetime:
        """When it was taken."""
        return datetime.fromisoformat(self.at)

    @property
    def jobs(self) -> int:
        """All of them."""
        return sum(group.jobs for group in self.groups)

    @property
    def is_over(self) -> bool:
        """True if no job is unfinished."""
        return not any(group.state in UNFINISHED for group in self.groups)

    def as_of(self, now: datetime) -> "Census":
        """The same, since nothing has happened until now."""
        return replace(self, at=now.isoformat())

    @property
    def value(self) -> Mapping[str, Any]:
        """As it is kept."""
        return asdict(self)


DONE = Q(processed__isnull=False, claimed__isnull=False)


def take(campaign: Campaign) -> Census:
    """Count the jobs of a campaign; one query."""
    at, begun = timezone.now(), time.perf_counter()
    rows = Job.objects.filter(campaign=campaign).order_by().values_list("date__instrument", "state", "reason")
    found = rows.annotate(
        jobs=Count("id"),
        all_seconds=Sum("expected_seconds"),
        squares=Sum(F("expected_seconds") * F("expected_seconds")),
        longest=Max("expected_seconds"),
        done=Count("id", filter=DONE),
        done_seconds=Sum("expected_seconds", filter=DONE, default=0.0),
        first=Min("date__date"),
        last=Max("date__date"),
    )
    groups = [Group(*row[:-2], *(day.isoformat() for day in row[-2:])) for row in found]
    return Census(at.isoformat(), time.perf_counter() - begun, groups)


def read(campaign: Campaign) -> Census | None:
    """What was counted last; None if nothing was."""
    if not campaign.census:
        return None
    return Census(**{**campaign.census, "groups": [Group(*group) for group in campaign.census["groups"]]})


def kept(campaign: Campaign) -> Census | None:
    """What was counted of a large campaign, if it is still good; None if it has to be counted."""
    found = read(campaign)
    if found is None or found.jobs < LARGE:
        return None
    over = found.is_over and not campaign.endless
    return found if over or timezone.now() - found.time < KEPT else None


def census(campaign: Campaign) -> Census:
    """The jobs of a campaign, as they were a few minutes ago at most; at most one query."""
    return kept(campaign) or take(campaign)
