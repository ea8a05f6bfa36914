"""What the pages show, as querysets and small values; the number of queries does not depend on the number of rows."""

import datetime
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Case, F, IntegerField, OrderBy, Prefetch, Q, QuerySet, Value, When
from django.utils import timezone

from monitor import holds
from monitor.holds import Held
from monitor.tallies import Tally, tallies, tally
from processing.core.states import TROUBLE, DateState, JobState
from processing.models import Certificate, Event, Instrument, Job, ProcessingDate, Qc1Parameter, Stop, Worker
from processing.models.stops import ALL

# Longer than any step without a change of state, but for a running recipe.
SILENCE = datetime.timedelta(minutes=5)
# A longer list of jobs is cut, and says so.
LIMIT = 1000


@dataclass(frozen=True)
class Hours:
    """When an instrument may start jobs, and what keeps it from that."""

    instrument: Instrument
    stop: Stop | None
    open: bool
    next_opening: datetime.datetime
    holds: Sequence[Held]
    dates: Sequence[ProcessingDate]
    """Held for themselves: for what no hold of the instrument says already."""

    @property
    def held(self) -> Held | None:
        """The hold that no host can go round."""
        return next((held for held in self.holds if held.everywhere), None)


@dataclass(frozen=True)
class Strip:
    """What stands on top of every page."""

    hours: Sequence[Hours]
    stops: Sequence[Stop]
    """Those that last, whatever they concern."""
    tally: Tally
    unmanned: bool
    """True if there is work, and no worker was heard of within the last minute."""
    stalled_since: datetime.datetime | None
    """Time of the last change, if a worker is alive, jobs could run, and nothing has happened for too long."""

    @property
    def holds(self) -> list[Held]:
        """Instruments that wait for the surroundings to be mended."""
        return [held for hours in self.hours for held in hours.holds]

    @property
    def dates(self) -> list[ProcessingDate]:
        """Dates that are held for themselves."""
        return [date for hours in self.hours for date in hours.dates]

    @property
    def bad(self) -> bool:
        """True if something is as nobody wanted it."""
        return bool(self.tally.trouble or self.holds or self.dates or self.unmanned or self.stalled_since)

    @property
    def calm(self) -> bool:
        """True if nothing needs a person."""
        return not (self.bad or self.stops)


@dataclass(frozen=True)
class Night:
    """One processing date with its jobs counted."""

    date: ProcessingDate
    tally: Tally


def strip() -> Strip:
    """Windows, stops, holds, counts, workers; at most eight queries."""
    now = timezone.now()
    stops = {stop.scope: stop for stop in Stop.objects.active()}
    hours = list(_all_hours(stops, now))
    counts = tally(Job.objects.all())
    unmanned = bool(counts.unfinished) and not Worker.objects.all().alive().exists()
    stalled_since = None if unmanned else _stalled_since(hours, counts, now)
    return Strip(hours, list(stops.values()), counts, unmanned, stalled_since)


def _all_hours(stops: Mapping[str, Stop], now: datetime.datetime) -> Iterator[Hours]:
    held = Prefetch("dates", ProcessingDate.objects.filter(state=DateState.HELD), to_attr="held_dates")
    lasting = holds.by_instrument()
    for instrument in Instrument.objects.prefetch_related(held):
        hours, own = instrument.hours, lasting.get(instrument.name, ())
        stop = stops.get(ALL) or stops.get(instrument.name)
        dates = _for_themselves(instrument, own)
        yield Hours(instrument, stop, hours.is_open(now), hours.next_opening(now), own, dates)


def _for_themselves(instrument: Instrument, lasting: Sequence[Held]) -> list[ProcessingDate]:
    said = {held.hold.why for held in lasting}
    held: list[ProcessingDate] = instrument.held_dates  # type: ignore[attr-defined] # by the Prefetch above
    for date in held:
        date.instrument = instrument
    return [date for date in held if date.reason not in said]


def _stalled_since(hours: Sequence[Hours], counts: Tally, now: datetime.datetime) -> datetime.datetime | None:
    if counts.running or not counts.unfinished:
        return None
    last = Event.objects.values_list("at", flat=True).first()
    if last is None or now - last < SILENCE:
        return None
    opened = [row for row in hours if row.open]
    # A stop or a hold keeps jobs from starting; what was processed is ingested all the same.
    free = [row.instrument for row in opened if not row.stop and not row.holds]
    startable = Q(state=JobState.WAITING, date__instrument__in=free)
    ingestable = Q(state=JobState.PROCESSED, date__instrument__in=[row.instrument for row in opened])
    could_run = Job.objects.filter(startable | ingestable).exclude(date__state=DateState.HELD)
    return last if could_run.exists() else None


def nights(number: int) -> list[Night]:
    """The newest processing dates; those that are not finished come first, however old.  Two queries."""
    finished = Case(When(state=DateState.FINISHED, then=1), default=0, output_field=IntegerField())
    dates = list(ProcessingDate.objects.order_by(finished, "-date", "instrument_id")[:number])
    counted = tallies(dates)
    return [Night(date, counted[date.pk]) for date in dates]


def needs_a_look(number: int) -> QuerySet[Job]:
    """Jobs that ended badly, the newest first."""
    jobs = Job.objects.filter(state__in=TROUBLE).select_related("block", "date", "campaign")
    return jobs.defer("block__text").order_by("-ended", "-id")[:number]


def date_of(instrument: str, day: datetime.date) -> ProcessingDate:
    """One date; raises `DoesNotExist`."""
    return ProcessingDate.objects.select_related("instrument").get(instrument=instrument, date=day)


def first_waiting(date: ProcessingDate) -> Job | None:
    """One of the jobs that wait, with everything that it may wait for."""
    return (
        date.jobs.filter(state=JobState.WAITING).select_related("date__instrument", "campaign", "certificate").first()
    )


# What needs a look stands on top, what is as intended at the end.
URGENCY: Sequence[Collection[JobState]] = (
    TROUBLE,
    (JobState.RUNNING,),
    (JobState.PROCESSED,),
    (JobState.WAITING,),
    (JobState.REJECTED, JobState.SKIPPED),
)


def urgency() -> Case:
    """0 for what needs a look first."""
    whens = [When(state__in=states, then=Value(rank)) for rank, states in enumerate(URGENCY)]
    return Case(*whens, default=Value(len(URGENCY)), output_field=IntegerField())


# By what the table of jobs can be sorted.
SORTS: Mapping[str, Sequence[str | Case | OrderBy]] = {
    "state": (urgency(), "block__name"),
    "ab": ("block__name",),
    "setup": ("block__setup", "block__name"),
    "flags": (F("processing_flags").desc(nulls_last=True), F("association_flags").desc(nulls_last=True), "block__name"),
    "seconds": (F("seconds").desc(nulls_last=True), "block__name"),
}


def jobs_of(date: ProcessingDate, state: str, sort: str) -> QuerySet[Job]:
    """The jobs of a date, all or those in one state, each with its products and its `signal`; four queries."""
    gates = Certificate.objects.filter(jobs__date=date).order_by().values_list("content__gate_parameter", flat=True)
    names = {str(name) for name in gates.distinct() if name}
    signal = Prefetch("qc1", Qc1Parameter.objects.filter(name__in=names), to_attr="signal")
    jobs = Job.objects.filter(date=date, **({"state": state} if state else {}))
    jobs = jobs.select_related("block", "campaign", "certificate").prefetch_related("products", signal)
    return jobs.defer("block__text", "certificate__content").order_by(*SORTS[sort])[:LIMIT]
