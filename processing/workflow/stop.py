"""Stop and resume: nothing new starts at once; a resume owes no backlog, and names what it lets go."""

from dataclasses import dataclass, field

from django.conf import settings
from django.utils import timezone

from processing.core.schedule import time_went_by
from processing.core.states import JobState, Reason
from processing.models import Job, Stop
from processing.models.stops import ALL
from processing.workflow.close import close
from processing.workflow.wake import Stage, wake


@dataclass(frozen=True)
class Resumption:
    """What a resume does: the jobs that go on, the backlog that is skipped, and what another stop still keeps."""

    run: list[Job]
    skip: list[Job]
    keep: list[Job] = field(default_factory=list)


def stop(scope: str, mode: Stop.Mode, reason: str, who: str) -> Stop:
    """Stop an instrument, or all of them (scope ""); what is stopped already stays as it was stopped first.

    Raises ValueError without a reason.
    """
    if not reason.strip():
        raise ValueError("a stop needs a reason")
    values = {"mode": mode, "reason": reason.strip(), "who": who}
    row, created = Stop.objects.get_or_create(scope=scope, resumed=None, defaults=values)
    if created:
        row.note("STOPPED", f"{mode}: {row.reason}", who)
    elif mode == Stop.Mode.TERMINATE and Stop.objects.filter(pk=row.pk).exclude(mode=mode).update(mode=mode):
        row.mode = mode
        row.note("STOPPED", f"now {mode}: {reason.strip()}", who)
    return row


def preview(row: Stop, *, with_backlog: bool = False) -> Resumption:
    """What resuming now would do, without doing it."""
    jobs = Job.objects.filter(state=JobState.WAITING, due=True).select_related("date__instrument", "block")
    jobs = jobs.defer("block__text")
    if row.scope != ALL:
        jobs = jobs.filter(date__instrument=row.scope)
    others = set(Stop.objects.all().active().exclude(pk=row.pk).values_list("scope", flat=True))
    found = Resumption([], [])
    for job in jobs:
        kept = ALL in others or job.date.instrument_id in others
        skipped = not with_backlog and is_backlog(job, row)
        (found.skip if skipped else found.keep if kept else found.run).append(job)
    return found


def is_backlog(job: Job, row: Stop) -> bool:
    """Whether the job's time went by during the stop; the jobs of a campaign have no time of their own."""
    hours = job.date.instrument.hours
    return not job.background and time_went_by(hours, job.registered, job.date.date, since=row.at, now=timezone.now())


def resume(row: Stop, who: str, *, with_backlog: bool = False) -> Resumption:
    """End a stop.  Its backlog is SKIPPED, unless it is explicitly wanted; resuming twice does nothing more."""
    if Stop.objects.filter(pk=row.pk).exclude(resumed=None).exists():
        return Resumption([], [])
    plan = preview(row, with_backlog=with_backlog)
    # First the backlog, while the gate is still closed: a worker could take it up otherwise.
    for job in plan.skip:
        if job.end(JobState.SKIPPED, Reason.BACKLOG, f"Its time went by during {row}: {row.reason}"):
            close(job)
    if not row.resume(who):
        return Resumption([], [])
    row.note("RESUMED", f"{len(plan.run)} go on, {len(plan.skip)} are skipped", who)
    waken()
    return plan


def waken() -> None:
    """Have what waits looked at; each job wakes the next."""
    wake(Stage.PREPARE)
    wake(Stage.PROCESS, settings.WORKERS * 2)
