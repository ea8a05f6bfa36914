"""Takes over one job that ended in a ledger: its row, and all that belongs to it, in one transaction."""

import shutil
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import IntegrityError, models, transaction

from processing.core.errors import BadAB
from processing.core.fingerprint import kind
from processing.core.states import JobState, Reason
from processing.core.turn import turn
from processing.models import (
    AssociationBlock,
    Certificate,
    Cluster,
    Event,
    Ingestion,
    Job,
    JobLog,
    Qc1Parameter,
    RawFrame,
    Score,
)
from processing.models.blocks import read
from processing.models.campaigns import day_to_day
from processing.workflow import files
from processing.workflow.register import same, store

# What a job is called and how it stands in line is the database's own.
OWN = {"id", "block", "campaign", "date", "certificate", "turn", "priority", "background"}
FACTS = ("mjd_obs", "exptime", "tech")


class Conflict(Exception):
    """The database knows better: it has an attempt, an AB or a certificate of its own; nothing is changed."""


def adopt(theirs: Job, work: Path) -> Job | None:
    """The job in this database with all that `theirs`, of a ledger, has; None if it is there already.

    `work` is the ledger's work folder, from which products go to this one's.  A job that waits here, and that
    nobody has claimed, takes over what became of it there.  Raises `Conflict`; then nothing has changed.
    """
    if adopted(theirs):
        return None
    certificate = certificate_of(theirs)
    if theirs.state == JobState.PROCESSED:
        carry(theirs, work)
    try:
        with transaction.atomic():
            job = waiting_here(theirs)
            copy_job(theirs, job, certificate)
            copy_results(theirs, job)
            copy_events(theirs, job)
    except (BadAB, Conflict) as conflict:
        # Nobody here has this attempt, so nobody would ever delete its products.
        files.remove([files.products(theirs)])
        raise Conflict(str(conflict)) from conflict
    except IntegrityError:
        # Somebody else brings the same ledger, or has just registered the AB.
        if adopted(theirs):
            return None
        raise
    return job


def adopted(theirs: Job) -> bool:
    """Whether this very attempt is here; an AB that was rejected had none, and is the same if its reason is."""
    if theirs.token:
        return Job.objects.filter(token=theirs.token).exists()
    known = Job.objects.filter(block__name=theirs.block.name, block__sha256=theirs.block.sha256)
    return known.filter(campaign=day_to_day(), state=theirs.state, reason=theirs.reason, token=None).exists()


def certificate_of(theirs: Job) -> Certificate | None:
    """The version that the job ran under."""
    if theirs.certificate is None:
        return None
    key = {name: getattr(theirs.certificate, name) for name in ("instrument", "name", "version")}
    found = Certificate.objects.filter(**key).first()
    if found is None or found.terms != theirs.certificate.terms:
        raise Conflict(f"the certificate {theirs.certificate} is not the one that is known here")
    return found


def carry(theirs: Job, work: Path) -> None:
    """Copy the products to where this database's ingestions look for them; whole, or not at all."""
    target = files.products(theirs)
    source = work / target.relative_to(settings.PHOENIX["WORK_DIR"])
    if target.is_dir():
        return
    if not source.is_dir():
        raise Conflict(f"its products are gone: {source}")
    draft = target.with_name(f".{target.name}.part")
    shutil.rmtree(draft, ignore_errors=True)
    shutil.copytree(source, draft)
    draft.rename(target)


def waiting_here(theirs: Job) -> Job:
    """The job that waits here for its attempt, made if the AB is new.  Raises `Conflict`, or `BadAB`."""
    block = AssociationBlock.objects.filter(name=theirs.block.name).first()
    if block:
        same(block, theirs.block.text, theirs.block.name)
    else:
        block = store(read(theirs.block.text, theirs.block.name), theirs.block.text)
    campaign = day_to_day()
    job = Job.objects.select_for_update().filter(block=block, campaign=campaign).first()
    if job is None:
        return Job.objects.create(block=block, campaign=campaign, date=block.date, turn=turn(block.date.date))
    if job.state != JobState.WAITING or job.token:
        raise Conflict(f"its job here is {job.state}")
    if theirs.token is None:
        # What the ledger has refused was never tried: here more may be certified by now, or in the archive.
        raise Conflict(f"it was {theirs.state} without an attempt ({theirs.reason}), and waits here")
    return job


def copy_job(theirs: Job, job: Job, certificate: Certificate | None) -> None:
    """State, reason, times and numbers: the moves themselves were made in the ledger."""
    values = {**columns(theirs, OWN), "certificate": certificate}
    if theirs.fingerprint:
        reason, state = Reason(theirs.reason), JobState(theirs.state)
        values["fingerprint"] = Cluster.objects.remember(kind(state, reason, job.block.recipe, theirs.sentence))
    if not Job.objects.filter(pk=job.pk, state=JobState.WAITING, token=None).update(**values):
        raise Conflict("somebody has claimed its job here")
    job.refresh_from_db()


def copy_results(theirs: Job, job: Job) -> None:
    """Scores, QC1 parameters, log, facts of the raw frames; ingestions begin here."""
    ledger = theirs._state.db
    scores, qc1 = (model.objects.using(ledger).filter(job=theirs) for model in (Score, Qc1Parameter))
    Score.objects.bulk_create((Score(job=job, **columns(row, {"id", "job"})) for row in scores), ignore_conflicts=True)
    parameters = (Qc1Parameter(job=job, **columns(row, {"id", "job"})) for row in qc1)
    Qc1Parameter.objects.bulk_create(parameters, ignore_conflicts=True)
    for log in JobLog.objects.using(ledger).filter(job=theirs):
        JobLog.objects.update_or_create(job=job, defaults=columns(log, {"job"}))
    for raw in theirs.block.raws.all():
        facts = {name: getattr(raw, name) for name in FACTS}
        RawFrame.objects.filter(block=job.block_id, dp_id=raw.dp_id).update(**facts)
    for item in theirs.ingestions.all():
        row = Ingestion.objects.create(job=job, label=item.label)
        row.note("", row.state)


def copy_events(theirs: Job, job: Job) -> None:
    """What happened to the job, when, and on which host."""
    known = Event.objects.filter(subject=Job.subject, subject_id=job.pk).exists()
    events = Event.objects.using(theirs._state.db).filter(subject=Job.subject, subject_id=theirs.pk).order_by("id")
    for event in events:
        if known and not event.old:
            continue
        copy = Event.objects.create(**columns(event, {"id", "at", "subject_id"}), subject_id=job.pk)
        Event.objects.filter(pk=copy.pk).update(at=event.at)


def columns(row: models.Model, but: set[str]) -> dict[str, Any]:
    """The values of a row's columns."""
    return {field.name: getattr(row, field.attname) for field in row._meta.concrete_fields if field.name not in but}
