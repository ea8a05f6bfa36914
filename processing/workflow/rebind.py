"""Waiting jobs follow their certificate: what has not started is processed under the version in force."""

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from processing.core.ab import AB
from processing.core.certification import Refusal, certificate_for, why_not_executable
from processing.core.errors import BadAB
from processing.core.states import CertificateState, JobState, Reason
from processing.models import Certificate, Job, Score
from processing.workflow import record
from processing.workflow.close import close

DECIDED = (CertificateState.CERTIFIED, CertificateState.WITHDRAWN)


def outdated() -> QuerySet[Job]:
    """Jobs that wait under a version that was withdrawn, or that a newer one has replaced.

    The version that a campaign has chosen is not replaced.
    """
    newer = Certificate.objects.filter(
        instrument=OuterRef("certificate__instrument"),
        name=OuterRef("certificate__name"),
        version__gt=OuterRef("certificate__version"),
        state__in=DECIDED,
    )
    chosen = Q(campaign__certificate__isnull=False)
    gone = Q(certificate__state=CertificateState.WITHDRAWN) | (Exists(newer) & ~chosen)
    # What a campaign has not come to is judged anew when it does.
    return Job.objects.filter(gone, state=JobState.WAITING, due=True)


def rebind() -> int:
    """Judge those jobs anew, as at their registration.  Returns their number; safe to repeat at any time."""
    jobs = list(outdated().select_related("block", "certificate", "date", "campaign__certificate"))
    for job in jobs:
        judge(job)
    return len(jobs)


def judge(job: Job) -> None:
    """Give a waiting job the version in force; REJECTED if the AB is not executable under it."""
    rows = [chosen] if (chosen := job.campaign.certificate) else Certificate.objects.of(job.date.instrument_id)
    try:
        ab = job.block.value
    except BadAB as bad:
        # After a change of the column layout.
        reject(job, Refusal(Reason.NOT_CERTIFIED, f"{job.certificate} was replaced, and the AB cannot be read: {bad}"))
        return
    values = [row.value for row in rows]
    refusal, found = why_not_executable(ab, values), certificate_for(ab, values)
    if refusal or found is None:
        reject(job, refusal or Refusal(Reason.NOT_CERTIFIED, "No certificate covers it any more."))
    else:
        follow(job, ab, next(row for row in rows if row.name == found.name))


def reject(job: Job, refusal: Refusal) -> None:
    """End a job that nothing has been started of."""
    if job.end(JobState.REJECTED, refusal.reason, refusal.sentence, where=Q(certificate=job.certificate_id)):
        close(job)


def follow(job: Job, ab: AB, new: Certificate) -> None:
    """Process the job under another version, unless somebody has just claimed it; its association is scored anew."""
    old = job.certificate
    with transaction.atomic():
        if Job.objects.filter(pk=job.pk, state=JobState.WAITING, certificate=old).update(certificate=new):
            Score.objects.filter(job=job, kind=Score.Kind.ASSOCIATION).delete()
            record.associations(job, ab, new.value)
            job.note(job.state, job.state, f"under {new} instead of {old}")
