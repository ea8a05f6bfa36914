"""Puts back on its way whatever a lost message, a closed window or a passing trouble left lying."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q

from processing.core.states import DateState, IngestState, JobState
from processing.models import Hold, Ingestion, Job, ProcessingDate
from processing.models.leases import from_now
from processing.models.products import PENDING
from processing.workflow.due import due
from processing.workflow.expire import expire
from processing.workflow.hold import probe_all
from processing.workflow.ingest import conclude, withdraw_orphans
from processing.workflow.notify import notify
from processing.workflow.reap import reap
from processing.workflow.rebind import rebind
from processing.workflow.recount import recount
from processing.workflow.steer import steer
from processing.workflow.wake import queued, wake


def sweep() -> dict[str, int]:
    """Wake what is due; level-triggered, so the queue may be emptied at any time.  Returns what was found."""
    found = {
        "lost": reap(),
        "released": probe_all(),
        "steered": steer(),
        "counted": recount(),
        "reopened": reopen(),
        "retried": retry_held() + retry_ingestions(),
        "withdrawn": withdraw_orphans(),
        "rebound": rebind(),
        "concluded": conclude_ingested(),
        "notified": notify(),
        "forgotten": expire(),
        "closed": sum(date.close_if_done() for date in ProcessingDate.objects.filter(state=DateState.PROCESSING)),
    }
    here = queued()
    if here is None:
        # Nobody can be woken; what is due is left out, so that the supervisor does not take the cluster to hang.
        return found
    found_due = due()
    for stage, number in found_due.items():
        wake(stage, min(number, settings.WORKERS * 2) - here[stage])
    return found | {stage.name.lower(): number for stage, number in found_due.items()}


def reopen() -> int:
    """Finished dates that got an AB while they were closing."""
    waiting = Job.objects.filter(date=OuterRef("pk"), state=JobState.WAITING, due=True)
    dates = ProcessingDate.objects.filter(Exists(waiting), state=DateState.FINISHED)
    return sum(date.move(DateState.REGISTERED, "a new AB was registered", finished=None) for date in dates)


def conclude_ingested() -> int:
    """Processed jobs of which no ingestion is open: a worker died before it could end them."""
    unfinished = Ingestion.objects.filter(job=OuterRef("pk"), state__in=PENDING)
    jobs = list(Job.objects.filter(~Exists(unfinished), state=JobState.PROCESSED))
    conclude(jobs)
    return len(jobs)


def retry_held() -> int:
    """Held dates of instruments that are not held, whose time for another try has come."""
    before = from_now(-timedelta(seconds=settings.PHOENIX["HOLD_RETRY"]))
    held = Hold.objects.all().active().values("instrument")
    dates = ProcessingDate.objects.exclude(instrument__in=held).filter(state=DateState.HELD, held__lt=before)
    return sum(date.move(DateState.REGISTERED, "tried again") for date in dates)


def retry_ingestions() -> int:
    """Ingestions whose next attempt is due: after `INGEST_RETRY`, and after five times that."""
    pause = timedelta(seconds=settings.PHOENIX["INGEST_RETRY"])
    over = Q(attempts__lte=1, claimed__lt=from_now(-pause)) | Q(claimed__lt=from_now(-5 * pause))
    items = Ingestion.objects.filter(over, state=IngestState.RETRY_WAIT)
    return sum(item.move(IngestState.QUEUED, "tried again", claimed=None) for item in items)
