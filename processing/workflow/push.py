"""Brings a ledger's results into the database, once, and its products into the archive."""

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connections
from django.db.models import Count
from django.db.models.functions import Now

from processing.core.states import ENDED, DateState, JobState
from processing.models import Job, ProcessingDate
from processing.workflow import files
from processing.workflow.adopt import Conflict, adopt
from processing.workflow.finish import finish
from processing.workflow.ingest import ingest
from processing.workflow.jobfile import Place
from processing.workflow.prepare import take
from processing.workflow.register import reopen
from processing.workflow.wake import Stage, wake

ALIAS = "ledger"
Dates = dict[ProcessingDate, datetime | None]
"""When the ledger had prepared each date."""


@dataclass
class Pushed:
    """What became of a ledger's jobs, by the names of their ABs."""

    brought: list[str] = field(default_factory=list)
    here: list[str] = field(default_factory=list)
    """Brought by an earlier push."""
    conflicts: list[tuple[str, str]] = field(default_factory=list)
    """Left as they are in both places, and why."""
    open: list[str] = field(default_factory=list)
    """Not run yet, or running: for another push."""


def push(place: Place) -> Pushed:
    """Bring every job of the ledger that has ended; ingest the products that it has made; clean up.

    Safe to repeat, after a kill too.  Names, versions and duplicates are those of this database, so that two
    ledgers never give two products one name.  Raises OSError if products cannot be copied.
    """
    done, dates = Pushed(), Dates()
    with reading(place) as alias:
        for theirs in Job.objects.using(alias).select_related("block", "date", "certificate").order_by("id"):
            bring(theirs, place, done, dates)
    for date, prepared in dates.items():
        ready(date, prepared)
    for work in (ingest, finish):
        while work():
            pass
    if not done.open and not done.conflicts:
        shutil.rmtree(place.work, ignore_errors=True)
    return done


@contextlib.contextmanager
def reading(place: Place) -> Iterator[str]:
    """The alias under which this process reads the ledger."""
    entry: dict[str, Any] = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(place.database)}
    configured = connections.configure_settings({"default": {}, ALIAS: entry})
    connections.settings[ALIAS] = configured[ALIAS]
    try:
        yield ALIAS
    finally:
        connections[ALIAS].close()
        del connections[ALIAS]
        del connections.settings[ALIAS]


def bring(theirs: Job, place: Place, done: Pushed, dates: Dates) -> None:
    """One job, and where it is counted."""
    name = theirs.block.name
    if theirs.state not in (*ENDED, JobState.PROCESSED):
        done.open.append(name)
        return
    try:
        job = adopt(theirs, place.work)
    except Conflict as conflict:
        done.conflicts.append((name, str(conflict)))
        return
    (done.brought if job else done.here).append(name)
    if theirs.state == JobState.PROCESSED:
        shutil.rmtree(place.work / files.products(theirs).relative_to(settings.PHOENIX["WORK_DIR"]), ignore_errors=True)
    own = ProcessingDate.objects.filter(instrument=theirs.date.instrument_id, date=theirs.date.date)
    dates |= dict.fromkeys(own, theirs.date.prepared)


def ready(date: ProcessingDate, prepared: datetime | None) -> None:
    """A date in which nothing waits goes on where its ledger has left it; in others the queue has work to do."""
    states = dict(date.jobs.order_by().values_list("state").annotate(Count("id")))
    if date.state == DateState.FINISHED and date.counts == states:
        return
    reopen(date)
    if date.state == DateState.REGISTERED and JobState.WAITING not in states and take(date):
        date.move(DateState.PROCESSING, "processed by a job file", prepared=prepared or Now(), lease=None)
    wake(Stage.INGEST, states.get(JobState.PROCESSED, 0))
    if date.close_if_done():
        wake(Stage.FINISH)
