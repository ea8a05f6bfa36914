"""Stops as pages and API show them: what one would touch now, and what a resume does."""

from dataclasses import dataclass

from django.db.models import Count

from monitor.tallies import Tally, tally
from processing import control
from processing.core.states import JobState
from processing.models import Instrument, Job, Stop
from processing.models.stops import ALL

LONGEST_REASON = 1000


@dataclass(frozen=True)
class Scope:
    """What can be stopped, how many of its jobs run now, and the stop of just this scope that lasts."""

    name: str
    running: int
    stop: Stop | None


@dataclass(frozen=True)
class Numbers:
    """Of jobs: those that go on at a resume, those that it skips, and those that another stop still keeps."""

    run: int
    skipped: int
    kept: int


def scopes() -> list[Scope]:
    """Everything, then each instrument; three queries."""
    counted = Job.objects.filter(state=JobState.RUNNING).order_by().values_list("date__instrument")
    running = dict(counted.annotate(Count("id")))
    lasting = {stop.scope: stop for stop in Stop.objects.active()}
    everything = Scope(ALL, sum(running.values()), lasting.get(ALL))
    names = Instrument.objects.values_list("name", flat=True)
    return [everything, *(Scope(name, running.get(name, 0), lasting.get(name)) for name in names)]


def touched(scope: str) -> Tally:
    """The jobs that a stop of this scope concerns; one query."""
    return tally(Job.objects.filter(date__instrument=scope) if scope else Job.objects.all())


def preview(stop: Stop, *, backlog: bool) -> Numbers:
    """What resuming now would do; nothing, if it was resumed already."""
    if stop.resumed:
        return Numbers(0, 0, 0)
    return numbers(control.preview_resume(stop, with_backlog=backlog))


def resume(stop: Stop, who: str, *, backlog: bool) -> Numbers:
    """Resume; of a stop that was resumed already nothing is left to do."""
    return numbers(control.resume(stop, who, with_backlog=backlog))


def numbers(plan: control.Resumption) -> Numbers:
    """How many jobs each part has."""
    return Numbers(len(plan.run), len(plan.skip), len(plan.keep))


def remaining(stop: Stop) -> list[Stop]:
    """The other stops that keep concerning the same instruments after this one was resumed; one query."""
    others = Stop.objects.active().exclude(pk=stop.pk)
    return list(others if stop.scope == ALL else others.filter(scope=ALL))
