"""Prepare a date, once: all its master calibrations here, its general calibrations checked."""

import logging
from collections import defaultdict
from collections.abc import Iterable

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Now

from processing.core.errors import Damaged, Halt, HostHalt, NotInArchive
from processing.core.states import DateState, JobState, Reason
from processing.models import Instrument, Job, ProcessingDate
from processing.models.leases import lease_end
from processing.workflow import files, gate, predict
from processing.workflow.heartbeat import Heartbeat
from processing.workflow.hold import hold, room, set_aside
from processing.workflow.wake import Stage, wake
from processing.workflow.worker import owner

logger = logging.getLogger(__name__)


def prepare() -> bool:
    """Take the next registered date whose window is open and make it ready; False if there is none."""
    date = claim()
    if date is None:
        return False
    if not complete_calibrations(date):
        return True
    predict.renew(date)
    date.move(DateState.PROCESSING, "calibrations are here", prepared=Now(), lease=None)
    # Each job wakes the next: what else is due, such as the sweep, must not queue behind a whole night.
    wake(Stage.PROCESS, min(date.jobs.filter(state=JobState.WAITING, due=True).count(), settings.WORKERS * 2))
    if date.close_if_done():
        wake(Stage.FINISH)
    return True


def complete_calibrations(date: ProcessingDate) -> bool:
    """Bring what the date needs; False if it could not be had, and the date waits until it can."""
    try:
        # Who lost the lease may go on: preparing twice does no harm.
        with Heartbeat(lambda: date.renew(state=DateState.PREPARING), lambda: None):
            room()
            fetch_calibrations(date)
    except HostHalt as trouble:
        hold(date, trouble)
        date.move(DateState.REGISTERED, str(trouble), owner="", lease=None)
    except Halt as trouble:
        hold(date, trouble)
    except Damaged as damaged:
        set_aside(date, str(damaged))
    except Exception as error:
        # A bug must not leave the date PREPARING for ever; it is shown, and tried again after some time.
        logger.exception("date %s", date)
        set_aside(date, f"unexpected {type(error).__name__}: {error}")
    else:
        return True
    return False


def claim() -> ProcessingDate | None:
    """The next date that waits for it, moved to PREPARING by this process and no other."""
    return next((date for date in waiting(gate.ready()) if take(date)), None)


def waiting(instruments: Iterable[Instrument]) -> QuerySet[ProcessingDate]:
    """Registered dates in the order in which they are opened: the day-to-day stream before campaigns, the oldest first.

    Not those of which a campaign has jobs, and has not come to them.
    """
    jobs = Job.objects.filter(date=OuterRef("pk"), state=JobState.WAITING)
    dates = ProcessingDate.objects.filter(
        Exists(jobs.filter(due=True)) | ~Exists(jobs.filter(due=False)),
        state=DateState.REGISTERED,
        instrument__in=list(instruments),
    )
    first = jobs.filter(due=True).order_by("background", "-priority", "turn")
    return dates.order_by(*(Subquery(first.values(name)[:1]) for name in ("background", "turn")), "date")


def take(date: ProcessingDate) -> bool:
    """Move the date to PREPARING, under this process's lease."""
    return date.move(DateState.PREPARING, reason="", owner=owner(), lease=lease_end())


def complete(job: Job) -> None:
    """Prepare one late job: its date was prepared before it came."""
    try:
        fetch([job.fresh()])
    except Halt as trouble:
        hold(job.date, trouble)
    except Damaged as damaged:
        set_aside(job.date, str(damaged))


def fetch_calibrations(date: ProcessingDate) -> None:
    """Bring the calibrations of all jobs that wait."""
    fetch(list(date.jobs.filter(state=JobState.WAITING, due=True).select_related("block", "certificate", "date")))


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
