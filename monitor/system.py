"""The engine as a page shows it: windows, what is under way, versions."""

import platform
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import django
from django.db import connection
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from processing import control
from processing.core.schedule import Window, read_window
from processing.core.states import DateState, JobState
from processing.models import Ingestion, Instrument, Job, ProcessingDate
from processing.models.products import PENDING

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
