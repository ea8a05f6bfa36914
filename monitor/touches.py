"""How often people had to act: per month and thousand ABs, by kind; the aim is none."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncMonth
from django.utils import timezone

from processing.models import AssociationBlock, Event, Job, ProcessingDate

MONTHS = 12
TYPED = "@"
"""Whoever types a command is `account@host`; hosts and phoenix itself have no such name."""


@dataclass(frozen=True)
class Month:
    """What people did in a month."""

    first: date
    blocks: int
    """ABs that were registered."""
    kinds: Counter[str]
    """Actions by the subject of their events."""

    @property
    def actions(self) -> int:
        """All of them."""
        return self.kinds.total()

    @property
    def rows(self) -> list[tuple[str, int]]:
        """Kind and number, the most frequent first; a template would look `items` up as a kind."""
        return self.kinds.most_common()

    @property
    def rate(self) -> float | None:
        """Actions per 1,000 ABs; None without ABs."""
        return 1000 * self.actions / self.blocks if self.blocks else None


def months(now: datetime | None = None) -> Sequence[Month]:
    """The last months in which anything happened, the newest first; two queries.

    An action is an event whose author is a user of phoenix, or types a command; what one word of a person
    does to many jobs counts once, since the events of jobs and dates are left out.
    """
    since = (now or timezone.now()) - timedelta(days=31 * MONTHS)
    persons = get_user_model().objects.values(get_user_model().USERNAME_FIELD)
    events = Event.objects.filter(Q(who__in=persons) | Q(who__contains=TYPED), at__gte=since)
    events = events.exclude(subject__in=(Job.subject, ProcessingDate.subject))
    kinds: dict[date, Counter[str]] = defaultdict(Counter)
    for month, subject, number in by_month(events, "at", "subject"):
        kinds[month.date()][subject] = number
    blocks = AssociationBlock.objects.filter(registered__gte=since)
    registered = {month.date(): number for month, number in by_month(blocks, "registered")}
    found = sorted({*kinds, *registered}, reverse=True)
    return [Month(month, registered.get(month, 0), kinds[month]) for month in found]


def by_month(rows: QuerySet[Any], column: str, *groups: str) -> QuerySet[Any, Any]:
    """(first moment of the month, the groups …, number of rows)."""
    grouped = rows.order_by().annotate(month=TruncMonth(column)).values_list("month", *groups)
    found: QuerySet[Any, Any] = grouped.annotate(number=Count("id"))
    return found
