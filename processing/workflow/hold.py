"""Holds: broken surroundings stop an instrument, and a probe sets it free again.

Trouble that every host feels (the archive, a general calibration) also marks the date that met it as HELD; trouble
of one host alone leaves its dates to the others.
"""

import os
import shutil
import socket
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now

from processing import registry
from processing.core.errors import Damaged, Halt, HostHalt, NotInArchive
from processing.core.states import DATE_MOVES, DateState, JobState
from processing.models import Hold, ProcessingDate
from processing.models.holds import EVERYWHERE
from processing.models.leases import from_now
from processing.workflow import files
from processing.workflow.wake import Stage, wake

GB = 1e9
PROBED_BY = "probe"


def hold(date: ProcessingDate, trouble: Halt) -> None:
    """Hold the date's instrument with the text on show; holding it twice is holding it once."""
    host = socket.gethostname() if isinstance(trouble, HostHalt) else EVERYWHERE
    values = {"why": str(trouble), "looked": Now()}
    row, created = Hold.objects.get_or_create(instrument=date.instrument, host=host, released=None, defaults=values)
    if created:
        row.note("HELD", row.why, socket.gethostname())
    if host == EVERYWHERE:
        set_aside(date, str(trouble))


def set_aside(date: ProcessingDate, why: str) -> None:
    """Move the date to HELD; a second worker's word changes nothing."""
    date = date.fresh()
    if DateState.HELD in DATE_MOVES.get(DateState(date.state), ()):
        date.move(DateState.HELD, why, reason=why, held=Now())


def probe_all() -> int:
    """Look whether what is broken has been mended; returns the number of instruments that go on."""
    rows = Hold.objects.all().felt_on(socket.gethostname()).select_related("instrument")
    return sum(probe(row) for row in rows.filter(long_ago()))


def long_ago() -> Q:
    """The condition that nobody has looked at a hold for some time."""
    return Q(looked__lte=from_now(-timedelta(seconds=settings.PHOENIX["PROBE"])))


def probe(row: Hold) -> bool:
    """Release the hold if everything works; else note what does not.  One process at a time looks."""
    if not Hold.objects.filter(long_ago(), pk=row.pk).update(looked=Now()):
        return False
    try:
        look(row)
    except Halt as trouble:
        Hold.objects.filter(pk=row.pk).exclude(why=str(trouble)).update(why=str(trouble))
        return False
    return release(row, PROBED_BY)


def look(row: Hold) -> None:
    """Raise `Halt` if anything that the instrument needs is still broken."""
    room()
    registry.archive().probe()
    registry.executor().ready(registry.pipeline(row.instrument_id).program)
    for date in ProcessingDate.objects.filter(instrument=row.instrument, state=DateState.HELD):
        general_calibrations(date)


def general_calibrations(date: ProcessingDate) -> None:
    """Bring those that the date's jobs use."""
    jobs = date.jobs.filter(state=JobState.WAITING).select_related("block", "certificate")
    for used in {used for job in jobs for used in job.used() if used[2]}:
        try:
            files.bring(date, used)
        except (NotInArchive, Damaged) as missing:
            raise Halt(f"general calibration missing: {missing}") from missing


def room() -> None:
    """Raise `HostHalt` if this host's work directory cannot be written, or its disk is nearly full."""
    for folder in (Path(settings.PHOENIX["WORK_DIR"]), Path(settings.PHOENIX["CAL_DIR"])):
        there = next(path for path in (folder, *folder.parents) if path.exists())
        if not os.access(there, os.W_OK | os.X_OK):
            raise HostHalt(f"{folder} cannot be written")
        free, limit = shutil.disk_usage(there).free / GB, settings.PHOENIX["DISK_LIMIT"]
        if free < limit:
            raise HostHalt(f"only {free:.1f} GB are free below {folder}; PHOENIX_DISK_LIMIT asks for {limit:g} GB")


def release(row: Hold, who: str) -> bool:
    """The instrument goes on, and its held dates are tried again; False if somebody was first."""
    if not row.release(who):
        return False
    row.note("RELEASED", "the surroundings work again" if who == PROBED_BY else "tried again by hand", who)
    for date in ProcessingDate.objects.filter(instrument=row.instrument, state=DateState.HELD):
        date.move(DateState.REGISTERED, "tried again")
    wake(Stage.PREPARE)
    wake(Stage.PROCESS, settings.WORKERS * 2)
    return True
