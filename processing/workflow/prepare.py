"""Prepare a date, once: all its master calibrations here, its general calibrations checked."""

import logging
from collections import defaultdict

from django.conf import settings
from django.db.models.functions import Now

from processing.core.errors import Halt, NotInArchive
from processing.core.states import DATE_MOVES, DateState, JobState, Reason
from processing.models import Job, ProcessingDate
from processing.models.leases import lease_end
from processing.workflow import files, gate
from processing.workflow.heartbeat import Heartbeat
from processing.workflow.wake import Stage, wake
from processing.workflow.worker import owner

logger = logging.getLogger(__name__)


def prepare() -> bool:
    """Take the next registered date whose window is open and make it ready; False if there is none."""
    date = claim()
    if date is None:
        return False
    try:
        # Who lost the lease may go on: preparing twice does no harm.
        with Heartbeat(lambda: date.renew(state=DateState.PREPARING), lambda: None):
            fetch_calibrations(date)
    except Halt as halt:
        hold(date, str(halt))
        return True
    except Exception as error:
        # A bug must not leave the date PREPARING for ever; it is shown, and tried again like any hold.
        logger.exception("date %s", date)
        hold(date, f"unexpected {type(error).__name__}: {error}")
        return True
    date.move(DateState.PROCESSING, "calibrations are here", prepared=Now(), lease=None)
    # Each job wakes the next: what else is due, such as the sweep, must not queue behind a whole night.
    wake(Stage.PROCESS, min(date.jobs.filter(state=JobState.WAITING).count(), settings.WORKERS * 2))
    if date.close_if_done():
        wake(Stage.FINISH)
    return True


def claim() -> ProcessingDate | None:
    """The oldest registered date, moved to PREPARING by this process and no other."""
    waiting = ProcessingDate.objects.filter(state=DateState.REGISTERED, instrument__in=gate.ready())
    return next((date for date in waiting.order_by("date") if take(date)), None)


def take(date: ProcessingDate) -> bool:
    """Move the date to PREPARING, under this process's lease."""
    return date.move(DateState.PREPARING, reason="", owner=owner(), lease=lease_end())


def hold(date: ProcessingDate, why: str) -> None:
    """Stop the date with the reason on show; the sweep tries it again.  A second worker's hold changes nothing."""
    date = date.fresh()
    if DateState.HELD in DATE_MOVES.get(DateState(date.state), ()):
        date.move(DateState.HELD, why, reason=why, held=Now())


def complete(job: Job) -> None:
    """Prepare one late job: its date was prepared before it came."""
    try:
        fetch([job.fresh()])
    except Halt as halt:
        hold(job.date, str(halt))


def fetch_calibrations(date: ProcessingDate) -> None:
    """Bring the calibrations of all jobs that wait."""
    fetch(list(date.jobs.filter(state=JobState.WAITING).select_related("block", "certificate", "date")))


def fetch(jobs: list[Job]) -> None:
    """Bring the union of what the jobs use, each file once; MASSOCs are ignored.

    A job whose master calibration is not in the archive is REJECTED.  A general calibration that is missing is
    the site's matter, and raises `Halt`.
    """
    users: dict[files.Used, list[Job]] = defaultdict(list)
    for job in jobs:
        for used in job.used():
            users[used].append(job)
    for used, needing in users.items():
        try:
            files.bring(needing[0].date, used)
        except NotInArchive as missing:
            if used[2]:
                raise Halt(f"general calibration missing: {missing}") from missing
            reject(needing, f"{used[1]}: {missing}.")


def reject(jobs: list[Job], sentence: str) -> None:
    """End jobs that lack a calibration; one that ended for another missing file stays as it is."""
    for job in jobs:
        if job.state == JobState.WAITING:
            job.end(JobState.REJECTED, Reason.MISSING_CALIBRATION, sentence)
