"""The engine as a page shows it: windows, what stopped or held an instrument lately, workers."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from processing.core.schedule import Window, read_window
from processing.core.states import DateState, JobState
from processing.models import Hold, Instrument, Job, ProcessingDate, Worker
from processing.models.workers import SILENT


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


def latest_holds(number: int) -> QuerySet[Hold]:
    """The newest holds, those that last among them."""
    return Hold.objects.all()[:number]


def held_dates(instrument: Instrument) -> int:
    """How many dates a hold has set aside; one query."""
    return ProcessingDate.objects.filter(instrument=instrument, state=DateState.HELD).count()
