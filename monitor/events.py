"""The event log as pages and API show it: filtered by instrument, subject, person, day; the newest first."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import NoReverseMatch, reverse

from processing.models import Certificate, Event, Hold, Ingestion, Job, ProcessingDate, Product, Stop
from processing.models.stops import ALL

# How the rows of each subject are told to belong to an instrument.
OWNERS: Mapping[str, Callable[[str], QuerySet[Any]]] = {
    "job": lambda name: Job.objects.filter(date__instrument=name),
    "date": lambda name: ProcessingDate.objects.filter(instrument=name),
    "ingestion": lambda name: Ingestion.objects.filter(job__date__instrument=name),
    "product": lambda name: Product.objects.filter(job__date__instrument=name),
    "certificate": lambda name: Certificate.objects.filter(instrument=name),
    "stop": lambda name: Stop.objects.filter(scope__in=(name, ALL)),
    "hold": lambda name: Hold.objects.filter(instrument=name),
}
SUBJECTS = (*OWNERS, "campaign", "cluster", "instrument")


@dataclass(frozen=True)
class Described:
    """An event and the page of what it is about; no address if it has none."""

    event: Event
    address: str


def found(
    *, instrument: str = "", subject: str = "", who: str = "", day: date | None = None, before: int | None = None
) -> QuerySet[Event]:
    """The events that fit everything that was asked for, the newest first."""
    rows = Event.objects.all()
    if subject:
        rows = rows.filter(subject=subject)
    if instrument:
        rows = rows.filter(of_instrument(instrument, subject))
    if who:
        rows = rows.filter(who=who)
    if day:
        # Not `at__date`: a range can use the index.
        first = datetime(day.year, day.month, day.day, tzinfo=UTC)
        rows = rows.filter(at__gte=first, at__lt=first + timedelta(days=1))
    return rows.filter(id__lt=before) if before else rows


def of_instrument(name: str, subject: str = "") -> Q:
    """The condition that an event is about an instrument, or about anything that belongs to it."""
    condition = Q(subject="instrument", name=name)
    for one, owned in OWNERS.items():
        if subject in ("", one):
            condition |= Q(subject=one, subject_id__in=owned(name).order_by().values("pk"))
    return condition


def described(rows: Iterable[Event]) -> list[Described]:
    """Each event with the page that shows what it is about."""
    return [Described(row, address(row)) for row in rows]


def address(event: Event) -> str:
    """The page of the event's subject."""
    words = event.name.split()
    with suppress(NoReverseMatch, ValueError, IndexError):
        if event.subject in ("job", "ingestion"):
            return reverse("ab", args=(words[0],))
        if event.subject == "date":
            return reverse("date", args=(words[0], date.fromisoformat(words[1])))
        if event.subject == "certificate":
            return reverse("version", args=(words[0], words[1], int(words[3])))
    return ""
