"""The engine as a page shows it: windows, workers and what they do, what waits, versions."""

import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import django
from django.db import connection
from django.db.models import Count, Min, Q, QuerySet
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from processing import control
from processing.core.schedule import Window, read_window
from processing.core.states import DateState, JobState
from processing.models import Event, Ingestion, Instrument, Job, ProcessingDate, Worker
from processing.models.products import PENDING
from processing.models.workers import SILENT

# A longer list is cut.
MOST_TASKS = 200
# Of so many jobs that ran last, the versions are counted.
COUNTED = 500


@dataclass(frozen=True)
class Change:
    """Another window of an instrument, and what would follow from it now."""

    instrument: Instrument
    window: str
    """As `control.set_window` takes it: empty for the site's."""
    now: datetime

    @property
    def hours(self) -> Window:
        """The hours that it means."""
        return Instrument(name=self.instrument.name, window=self.window).hours

    @property
    def open(self) -> bool:
        """Whether it is open now."""
        return self.hours.is_open(self.now)

    @property
    def next_opening(self) -> datetime:
        """When it opens."""
        return self.hours.next_opening(self.now)

    @property
    def waiting(self) -> int:
        """The jobs that wait for it; one query."""
        return Job.objects.filter(state=JobState.WAITING, date__instrument=self.instrument).count()


def change(instrument: Instrument, window: str) -> Change:
    """What a window would mean; raises ValueError for what is none."""
    if window:
        read_window(window)
    return Change(instrument, window, timezone.now())


def workers() -> QuerySet[Worker]:
    """Every worker with its last sign of life; `alive` if that was within the last minute."""
    return Worker.objects.annotate(alive=Q(seen__gt=Now() - SILENT))


def held_dates(instrument: Instrument) -> int:
    """How many dates a hold has set aside; one query."""
    return ProcessingDate.objects.filter(instrument=instrument, state=DateState.HELD).count()


@dataclass(frozen=True)
class Task:
    """What a worker has in hand."""

    host: str
    what: str
    name: str
    address: str
    since: datetime | None


def tasks() -> Sequence[Task]:
    """What is under way now, by host; three queries."""
    jobs = Job.objects.filter(state=JobState.RUNNING).values_list("owner", "block__name", "claimed")
    dates = ProcessingDate.objects.filter(state=DateState.PREPARING).values_list("owner", "instrument", "date")
    items = Ingestion.objects.filter(state__in=PENDING, lease__gt=Now())
    found = [Task(host(o), "processes", name, reverse("ab", args=(name,)), at) for o, name, at in jobs[:MOST_TASKS]]
    for owner, instrument, day in dates[:MOST_TASKS]:
        address = reverse("date", args=(instrument, day))
        found.append(Task(host(owner), "prepares", f"{instrument} {day}", address, None))
    for owner, name, label, at in items.values_list("owner", "job__block__name", "label", "claimed")[:MOST_TASKS]:
        found.append(Task(host(owner), "ingests", f"{name} {label}", reverse("ab", args=(name,)), at))
    return sorted(found, key=lambda task: task.host)


def host(owner: str) -> str:
    """Where the process of a lease runs."""
    return owner.partition(":")[0]


@dataclass(frozen=True)
class Queue:
    """What waits for one stage of the engine."""

    what: str
    number: int
    due: int
    """How many of them could start now."""
    oldest: datetime | None


def queues() -> Sequence[Queue]:
    """The four stages, in an AB's order; a constant number of queries."""
    due = control.due()
    dates = ProcessingDate.objects.filter(state=DateState.REGISTERED).aggregate(
        number=Count("id"), at=Min("registered")
    )
    jobs = Job.objects.filter(state=JobState.WAITING).aggregate(number=Count("id"), at=Min("registered"))
    items = Ingestion.objects.filter(state__in=PENDING).aggregate(number=Count("id"), at=Min("queued"))
    closing = ProcessingDate.objects.filter(state=DateState.FINISHING).values("pk")
    last = Event.objects.filter(subject="date", new=DateState.FINISHING, subject_id__in=closing)
    ends = last.aggregate(number=Count("subject_id", distinct=True), at=Min("at"))
    rows = (
        ("dates to prepare", dates),
        ("jobs to process", jobs),
        ("products to ingest", items),
        ("dates to end", ends),
    )
    return [Queue(what, row["number"], n, row["at"]) for (what, row), n in zip(rows, in_order(due), strict=True)]


def in_order(due: Mapping[Any, int]) -> list[int]:
    """What could start now, in an AB's order."""
    named = {stage.name: number for stage, number in due.items()}
    return [named[name] for name in ("PREPARE", "PROCESS", "INGEST", "FINISH")]


@dataclass(frozen=True)
class Software:
    """What ran lately, how often, and when last."""

    name: str
    jobs: int
    last: datetime | None


def versions() -> dict[str, str]:
    """Of what answers here."""
    return {
        "phoenix": control.VERSION,
        "Django": django.get_version(),
        "Python": platform.python_version(),
        "database": connection.display_name,
    }


def software() -> Sequence[Software]:
    """The pipelines of the latest jobs, the newest first; one query."""
    rows = list(Job.objects.exclude(software="").order_by("-id").values_list("software", "ended")[:COUNTED])
    counted = Counter(name for name, _ in rows)
    last = dict(reversed(rows))
    return [Software(name, number, last[name]) for name, number in counted.items()]
