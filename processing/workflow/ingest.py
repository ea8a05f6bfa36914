"""Ingest one product: convert it, check it, store it, register it.  Never re-runs a pipeline.

Each step may be repeated: the archive name is chosen and written down before anything is stored, so an
ingestion that was interrupted goes on where it was, and its product enters the archive once.
"""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from django.db.models.functions import Now

from processing.core.errors import ABFailed
from processing.core.phase3.rules import DAMAGE, rejects
from processing.core.states import IngestState, JobState, Reason
from processing.models import Ingestion, Job
from processing.models.composed import Composed, Given
from processing.models.products import ATTEMPTS, NOT_WITHDRAWN, PENDING
from processing.plugins import phase3
from processing.plugins.fits import Damaged
from processing.workflow import catalogue, convert, files, record
from processing.workflow.close import close
from processing.workflow.companions import Row
from processing.workflow.heartbeat import Heartbeat
from processing.workflow.worker import owner

logger = logging.getLogger(__name__)

AT_ONCE = 8
"""Ingestions that a worker takes together, at most."""


def ingest() -> int:
    """Take the next ingestions and bring each to an end, or to its next attempt; returns how many there were.

    They take each step together, since the disk of an archive takes several files in the time of one.
    """
    items = Ingestion.objects.claim(owner(), AT_ONCE)
    if not items:
        return 0
    # Who lost the leases may go on: every step may be repeated.
    with Heartbeat(partial(Ingestion.objects.renew, items), lambda: None):
        each(items, IngestState.QUEUED, to_file)
        each(items, IngestState.CONVERTED, validate)
        store(items)
        each(items, IngestState.STORED, register)
    conclude(list({item.job_id: item.job for item in items}.values()))
    return len(items)


def each(items: Sequence[Ingestion], state: IngestState, step: Callable[[Ingestion], object]) -> None:
    """Let those in a state take a step; what goes wrong with one is the end of that one's attempt."""
    for item in items:
        if item.state != state:
            continue
        try:
            step(item)
        except ABFailed as failed:
            item.move(IngestState.REJECTED, failed.sentence, log=failed.sentence, reason=failed.reason, ended=Now())
        except Exception as error:  # the edge of a task: whatever it is, it has a bounded number of attempts
            logger.exception("ingestion %s", item)
            retry(item, f"{type(error).__name__}: {error}")


def to_file(item: Ingestion) -> bool:
    """QUEUED to CONVERTED: the product as a file under its archive name."""
    name = catalogue.archive_name(item)
    # A file that may already be in the archive must not be written anew: its date, and so its SHA-256, would differ.
    if item.sha256:
        return item.move(IngestState.CONVERTED, name)
    made = convert.write(item, name)
    return item.move(IngestState.CONVERTED, name, dp_id=name, **vars(made))


def validate(item: Ingestion) -> bool:
    """CONVERTED to VALIDATED, or REJECTED with the rules that it breaks."""
    findings = phase3.alone(convert.path(item), f"{item.dp_id}.fits", convert.beside(item), archived(item))
    if damage := next((f for f in findings if f.rule in DAMAGE), None):
        # It was whole when it was written: the disk, not the content; another attempt may find it whole again.
        raise Damaged(f"{item.dp_id}: {damage.message}")
    listed = [finding.as_dict() for finding in findings]
    if rejects(findings):
        broken = "; ".join(f"{f.rule} {f.message}" for f in findings)
        why = Reason.IDP_RULES
        return item.move(IngestState.REJECTED, broken, findings=listed, log=broken, reason=why, ended=Now())
    return item.move(IngestState.VALIDATED, f"{len(findings)} warnings", findings=listed)


def archived(item: Ingestion) -> phase3.Precursor:
    """What is known of the raw frames of the product's AB, which are in the archive."""
    frames = {frame.dp_id: frame for frame in item.job.block.raw_frames}

    def look_up(name: str) -> dict[str, Any] | None:
        frame = frames.get(name.removesuffix(".fits"))
        return {"MJD-OBS": frame.mjd_obs, "EXPTIME": frame.exptime} if frame else None

    return look_up


def store(items: Sequence[Ingestion]) -> None:
    """VALIDATED to STORED: in the archive, ancillaries before the science file, each SHA-256 verified there."""
    # The first commit that waits for the disk, with all before it: a name must last before anything is stored under it.
    Ingestion.objects.renew(items)
    each(items, IngestState.VALIDATED, compare)
    valid = [item for item in items if item.state == IngestState.VALIDATED]
    if len(valid) == 1:  # a thread would take longer than what it spares
        each(valid, IngestState.VALIDATED, lambda item: stored(item, convert.store(item)))
        return
    with ThreadPoolExecutor(AT_ONCE) as pool:
        on_the_way = {item.pk: pool.submit(convert.store, item) for item in valid}
        each(valid, IngestState.VALIDATED, lambda item: stored(item, on_the_way[item.pk].result()))


def compare(item: Ingestion) -> None:
    """To DUPLICATE, a success, if nothing but names and dates differs from the product that is current."""
    if same := catalogue.same(item):
        item.move(IngestState.DUPLICATE, f"the same as {same}", log=f"the same as {same}", ended=Now())


def stored(item: Ingestion, files: list[Row]) -> bool:
    """Say where the files are."""
    return item.move(IngestState.STORED, files[-1]["url"], log=files[-1]["url"], files=files)


def register(item: Ingestion) -> bool:
    """STORED to REGISTERED: known to the database, and so to the API."""
    into = partial(catalogue.register, item)
    return item.move(IngestState.REGISTERED, f"{item.dp_id}", also=into, ended=Now(), entry={})


WITHOUT_PRODUCT = (IngestState.REJECTED, IngestState.DEAD, IngestState.DUPLICATE)


def retry(item: Ingestion, why: str) -> None:
    """Another attempt later; after the last one the ingestion is DEAD."""
    attempts = item.attempts + 1
    changes: dict[str, Any] = {"attempts": attempts, "log": why, "claimed": Now(), "lease": None}
    if item.move(IngestState.RETRY_WAIT, why, **changes) and attempts >= ATTEMPTS:
        item.move(IngestState.DEAD, f"{attempts} attempts", reason=Reason.INGEST_ATTEMPTS, ended=Now())


def withdraw_orphans() -> int:
    """Take back what was stored for ingestions that ended without a product; returns how many files."""
    orphans = Ingestion.objects.filter(state__in=WITHOUT_PRODUCT, product=None).exclude(dp_id=None)
    return sum(withdraw(item) for item in orphans)


def withdraw(item: Ingestion) -> int:
    """Take back the stored files; the archive name, which nobody was ever told, is forgotten.

    What the archive keeps is in the event log, and is not asked for again.
    """
    try:
        found, kept = convert.withdraw(item)
    except OSError:
        logger.warning("cannot withdraw %s; tried again", item.dp_id)
        return 0
    if Ingestion.objects.filter(pk=item.pk, dp_id=item.dp_id).update(dp_id=None) and kept:
        item.note(item.state, NOT_WITHDRAWN, "; ".join(kept))
    return found


def conclude(jobs: Sequence[Job]) -> None:
    """End the jobs of which no ingestion is open, and then each of their dates once."""
    ended = [job for job in jobs if end(job)]
    for job in {job.date_id: job for job in ended}.values():
        close(job)


def end(job: Job) -> bool:
    """End the job when none of its ingestions is open; False if one is, or somebody else was first."""
    items = OF_JOB.ask(job=job.pk)
    if any(item.job__state != JobState.PROCESSED or item.state in PENDING for item in items):
        return False
    ends = {IngestState.REJECTED: JobState.INGEST_REJECTED, IngestState.DEAD: JobState.INGEST_FAILED}
    bad = next((item for state in ends for item in items if item.state == state), None)
    if bad:
        record.headers(job, files.products(job))
        return job.end(ends[IngestState(bad.state)], Reason(bad.reason), bad.log)
    return job.move(JobState.INGESTED, ", ".join(item.dp_id or item.log for item in items), ended=Now())


OF_JOB = Composed(
    lambda: Ingestion.objects.filter(job=Given("job")).values_list("job__state", "state", "reason", "log", "dp_id")
)
