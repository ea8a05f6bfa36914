"""What the pages show, as querysets and small values; the number of queries does not depend on the number of rows."""

import datetime
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from monitor.failures import unacknowledged
from monitor.holds import Held
from monitor.nested import Number, Rows, restored
from monitor.tallies import Tally, tallies
from processing import control
from processing.core.roles import Role
from processing.core.states import DateState, JobState
from processing.models import Event, Hold, Instrument, Job, ProcessingDate, Stop, Worker
from processing.models.composed import Composed, ComposedObjects
from processing.models.dates import finished_last
from processing.models.stops import ALL

# Longer than any step without a change of state, but for a running recipe.
SILENCE = datetime.timedelta(minutes=5)
# The processing dates of the home page, and so of what needs a look.
NIGHTS = 24


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
class Alike:
    """Instruments of which the same is to be told, by the example of one."""

    names: str
    row: Hours


@dataclass(frozen=True)
class Load:
    """How many jobs are not finished, and how many need a look."""

    waiting: int = 0
    running: int = 0
    ingesting: int = 0
    trouble: int = 0

    @property
    def unfinished(self) -> int:
        """Those that wait, run or are being ingested."""
        return self.waiting + self.running + self.ingesting


@dataclass(frozen=True)
class Strip:
    """What stands on top of every page."""

    hours: Sequence[Hours]
    stops: Sequence[Stop]
    """Those that last, whatever they concern."""
    tally: Load
    served: Collection[Role]
    """The roles of the workers that were heard of within the last minute."""
    last_event: int
    """The highest id of an event."""
    stalled_since: datetime.datetime | None
    """Time of the last change, if a worker is alive, jobs could run, and nothing has happened for too long."""

    @property
    def alike(self) -> list[Alike]:
        """The instruments, those together that have the same window and the same stop and hold."""
        groups: dict[object, list[Hours]] = {}
        for row in self.hours:
            kept = (row.stop and row.stop.pk, *(held.hold.pk for held in row.holds))
            groups.setdefault((str(row.instrument.hours), kept), []).append(row)
        return [Alike(", ".join(str(row.instrument) for row in rows), rows[0]) for rows in groups.values()]

    @property
    def unmanned(self) -> bool:
        """True if there is work, and no worker to do it."""
        return bool(self.tally.unfinished) and not self.served

    @property
    def unserved(self) -> list[Role]:
        """The roles of which no living worker has one, though there is work."""
        return [role for role in Role if role not in self.served] if self.tally.unfinished and self.served else []

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
        nobody = self.unmanned or self.unserved
        return bool(self.tally.trouble or self.holds or self.dates or nobody or self.stalled_since)

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
    """Windows, stops, holds, counts, workers: one query, and one more when nothing seems to move.

    What is counted is bounded by what is not finished and by the dates of the home page, not by all that ever was.
    """
    now = timezone.now()
    rows = INSTRUMENTS.ask()
    if not rows:
        # Nothing is registered, but everything may be stopped.
        last = Event.objects.values_list("pk", flat=True).first()
        return Strip((), list(Stop.objects.active()), Load(), (), last or 0, None)
    first = rows[0]
    load = Load(first.waiting, first.running, first.ingesting, first.trouble)
    hours = [_hours(row, now) for row in rows]
    stops = {stop.pk: stop for row in rows for stop in restored(Stop, row.lasting_stops)}
    served = [role for role, one in ROLES.items() if getattr(first, one)]
    stalled_since = _stalled_since(hours, load, first.last_change, now) if served else None
    newest_first = [stops[pk] for pk in sorted(stops, reverse=True)]
    return Strip(hours, newest_first, load, served, first.last_event or 0, stalled_since)


ROLES = {role: f"somebody_{role}s" for role in Role}


def _instruments() -> QuerySet[Instrument, Any]:
    """Each with what keeps it; what concerns no instrument stands with every one of them."""
    jobs, mine = Job.objects.all(), {"instrument": OuterRef("pk")}
    stops = Stop.objects.active().filter(scope__in=(OuterRef("pk"), ALL))
    lasting = Hold.objects.all().active().filter(**mine).order_by("host")
    held = ProcessingDate.objects.filter(**mine, state=DateState.HELD)
    return Instrument.objects.values_list("name", "window").annotate(
        lasting_stops=Rows(stops, "id", "scope", "mode", "reason", "at", "who"),
        lasting_holds=Rows(lasting, "id", "instrument_id", "host", "why", "at", "looked"),
        held_dates=Rows(held, "id", "date", "state", "reason", "held"),
        waiting=Number(jobs.filter(state=JobState.WAITING)),
        running=Number(jobs.filter(state=JobState.RUNNING)),
        ingesting=Number(jobs.filter(state=JobState.PROCESSED)),
        trouble=Number(needs_a_look()),
        **{one: Exists(Worker.objects.all().alive().filter(roles__contains=role)) for role, one in ROLES.items()},
        last_event=Subquery(Event.objects.values("pk")[:1]),
        last_change=Subquery(Event.objects.values("at")[:1]),
    )


INSTRUMENTS = Composed(_instruments)


def _hours(row: Any, now: datetime.datetime) -> Hours:
    instrument, stops = Instrument(row.name, row.window), {s.scope: s for s in restored(Stop, row.lasting_stops)}
    lasting = [Held(hold) for hold in restored(Hold, row.lasting_holds)]
    said = {held.hold.why for held in lasting}
    dates = [date for date in restored(ProcessingDate, row.held_dates) if date.reason not in said]
    for date in dates:
        date.instrument = instrument
    stop, hours = stops.get(ALL) or stops.get(row.name), instrument.hours
    return Hours(instrument, stop, hours.is_open(now), hours.next_opening(now), lasting, dates)


def _stalled_since(
    hours: Sequence[Hours], load: Load, last: datetime.datetime | None, now: datetime.datetime
) -> datetime.datetime | None:
    if load.running or not load.unfinished or last is None or now - last < SILENCE:
        return None
    opened = [row for row in hours if row.open]
    # A stop or a hold keeps jobs from starting; what was processed is ingested all the same.
    free = [row.instrument for row in opened if not row.stop and not row.holds]
    startable = Q(state=JobState.WAITING, date__instrument__in=free)
    ingestable = Q(state=JobState.PROCESSED, date__instrument__in=[row.instrument for row in opened])
    could_run = Job.objects.filter(startable | ingestable).exclude(date__state=DateState.HELD)
    return last if could_run.exists() else None


def tonight() -> QuerySet[ProcessingDate]:
    """The dates of the home page: those that are not finished, however old, then the newest."""
    return ProcessingDate.objects.order_by(finished_last(), "-date", "instrument_id")[:NIGHTS]


_TONIGHT = ComposedObjects(tonight)


def nights() -> list[Night]:
    """The dates of the home page, counted; at most two queries."""
    dates = _TONIGHT.ask()
    counted = tallies(dates)
    return [Night(date, counted[date.pk]) for date in dates]


def needs_a_look() -> QuerySet[Job]:
    """Jobs whose trouble needs a person, of the dates of the home page: the one place for what the strip counts."""
    return unacknowledged().filter(date__in=tonight().values("pk"))


def looks(number: int) -> list[Job]:
    """The newest of the jobs that need a look, at most so many; one query."""
    return _looks(number).ask()


@cache
def _looks(number: int) -> ComposedObjects[Job]:
    return ComposedObjects(lambda: _newest(number))


def _newest(number: int) -> QuerySet[Job]:
    newest = needs_a_look().order_by("-ended", "-id").values("pk")[:number]
    jobs = Job.objects.filter(pk__in=newest).select_related("block", "date", "campaign")
    return jobs.defer("block__text").order_by("-ended", "-id")


def why_waiting(job: Job, shown: Strip, *, hosts: bool = True) -> str:
    """What a job waits for, by what the strip knows already; at most three queries, one without the room on hosts."""
    around = control.Surroundings()
    if not hosts:
        around.offers = {}
    around.open = [row.instrument for row in shown.hours if row.open]
    around.served = shown.served
    for row in shown.hours:
        stops, lasting = [row.stop] if row.stop else [], [held.hold for held in row.holds]
        around.gates[row.instrument.pk] = control.closed(row.instrument, stops, lasting, around.now)
    return control.why_waiting(job, around)
