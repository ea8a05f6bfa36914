"""Ingest one product: convert it, check it, store it, register it.  Never re-runs a pipeline.

Each step may be repeated: the archive name is chosen and written down before anything is stored, so an
ingestion that was interrupted goes on where it was, and its product enters the archive once.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import Any

from django.db.models.functions import Now

from processing.core.errors import ABFailed
from processing.core.phase3.rules import DAMAGE, rejects
from processing.core.states import IngestState, JobState, Reason
from processing.models import Ingestion, Job
from processing.models.composed import Composed, Given
from processing.models.patience import lost
from processing.models.products import ATTEMPTS, NOT_WITHDRAWN, PENDING
from processing.models.together import Also, Step, move_together
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
        give_names(items)
        each(items, IngestState.QUEUED, to_file)
        each(items, IngestState.CONVERTED, validate)
        for some in unlike(items):
            compare(some)
            store([item for item in some if item.state == IngestState.VALIDATED])
            register([item for item in some if item.state == IngestState.STORED])
    conclude([*{item.job_id: item.job for item in items}.values()])
    return len(items)


def give_names(items: Sequence[Ingestion]) -> None:
    """Give them their archive names together; one that cannot get it so, gets it, or its error, as it is converted."""
    try:
        catalogue.name(items)
    except Exception as error:
        if lost(error):
            raise
        logger.exception("ingestions %s", items)


def each(items: Sequence[Ingestion], state: IngestState, step: Callable[[Ingestion], Step | None]) -> None:
    """Let those in a state take a step, all together; what goes wrong with one is the end of that one's attempt."""
    tries = [tried(item, step) for item in items if item.state == state]
    take([one for one in tries if one])


def take(steps: Sequence[Step], also: Also | None = None) -> None:
    """Take them together; if that cannot be, each for itself, and what then goes wrong is the end of its attempt."""
    before = [step.row.state for step in steps]
    try:
        move_together(steps, also)
    except Exception as error:  # as in `tried`
        if lost(error):
            raise
        if len(steps) == 1:
            logger.exception("ingestion %s", steps[0].row)
            retry(steps[0].row, f"{type(error).__name__}: {error}")
            return
        for step, state in zip(steps, before, strict=True):
            if step.row.state == state:
                take([step], also)


def tried(item: Ingestion, step: Callable[[Ingestion], Step | None]) -> Step | None:
    """What it is to become, if anything."""
    try:
        return step(item)
    except ABFailed as failed:
        changes = {"log": failed.sentence, "reason": failed.reason, "ended": Now()}
        return Step(item, IngestState.REJECTED, failed.sentence, changes)
    except Exception as error:  # the edge of a task: whatever it is, it has a bounded number of attempts
        logger.exception("ingestion %s", item)
        retry(item, f"{type(error).__name__}: {error}")
        return None


def to_file(item: Ingestion) -> Step:
    """QUEUED to CONVERTED: the product as a file under its archive name."""
    # A file that may already be in the archive must not be written anew: its date, and so its SHA-256, would differ.
    name = catalogue.archive_name(item)
    made = {} if item.sha256 else vars(convert.write(item))
    return Step(item, IngestState.CONVERTED, name, made)


def validate(item: Ingestion) -> Step:
    """CONVERTED to VALIDATED, or REJECTED with the rules that it breaks.

    The first commit that waits for the disk, with all before it: a name must last before anything is stored under it.
    """
    findings = phase3.alone(convert.path(item), f"{item.dp_id}.fits", convert.beside(item), archived(item))
    if damage := next((f for f in findings if f.rule in DAMAGE), None):
        # It was whole when it was written: the disk, not the content; another attempt may find it whole again.
        raise Damaged(f"{item.dp_id}: {damage.message}")
    listed = [finding.as_dict() for finding in findings]
    if rejects(findings):
        broken = "; ".join(f"{f.rule} {f.message}" for f in findings)
        changes = {"findings": listed, "log": broken, "reason": Reason.IDP_RULES, "ended": Now()}
        return Step(item, IngestState.REJECTED, broken, changes)
    return Step(item, IngestState.VALIDATED, f"{len(findings)} warnings", {"findings": listed})


def archived(item: Ingestion) -> phase3.Precursor:
    """What is known of the raw frames of the product's AB, which are in the archive."""
    frames = {frame.dp_id: frame for frame in item.job.block.raw_frames}

    def look_up(name: str) -> dict[str, Any] | None:
        frame = frames.get(name.removesuffix(".fits"))
        return {"MJD-OBS": frame.mjd_obs, "EXPTIME": frame.exptime} if frame else None

    return look_up


def unlike(items: Sequence[Ingestion]) -> list[list[Ingestion]]:
    """These in rounds: the second of two with the same content or file name comes when the first is registered."""
    rounds: list[list[Ingestion]] = [[]]
    known: list[set[str]] = [set()]
    for item in items:
        keys = {item.content, item.entry.get("original_name", "")} - {""}
        at = next((number for number, others in enumerate(known) if not keys & others), len(known))
        if at == len(known):
            rounds.append([])
            known.append(set())
        rounds[at].append(item)
        known[at] |= keys
    return rounds


def compare(items: Sequence[Ingestion]) -> None:
    """To DUPLICATE, a success, those that differ in nothing but names and dates from a product that is current."""
    same = catalogue.same(items)

    def step(item: Ingestion) -> Step | None:
        why = f"the same as {same.get(item.content)}"
        return Step(item, IngestState.DUPLICATE, why, {"log": why, "ended": Now()}) if item.content in same else None

    each(items, IngestState.VALIDATED, step)


def store(items: Sequence[Ingestion]) -> None:
    """VALIDATED to STORED: in the archive, ancillaries before the science file, each SHA-256 verified there."""
    if len(items) == 1:  # a thread would take longer than what it spares
        each(items, IngestState.VALIDATED, lambda item: stored(item, convert.store(item)))
        return
    on_the_way = {item.pk: pool().submit(convert.store, item) for item in items}
    each(items, IngestState.VALIDATED, lambda item: stored(item, on_the_way[item.pk].result()))


@cache
def pool() -> ThreadPoolExecutor:
    """The threads of this process that wait for disks."""
    return ThreadPoolExecutor(AT_ONCE)


def stored(item: Ingestion, files: list[Row]) -> Step:
    """Say where the files are."""
    url = files[-1]["url"]
    return Step(item, IngestState.STORED, url, {"log": url, "files": files})


def register(items: Sequence[Ingestion]) -> None:
    """STORED to REGISTERED: known to the database, and so to the API."""
    done = {"ended": Now(), "entry": {}}
    take([Step(item, IngestState.REGISTERED, str(item.dp_id), done) for item in items], catalogue.register)


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
    """End the jobs of which no ingestion is open, and then close each of their dates once."""
    ended = [job for at in range(0, len(jobs), AT_ONCE) for job in end(jobs[at : at + AT_ONCE])]
    for job in {job.date_id: job for job in ended}.values():
        close(job)


def end(jobs: Sequence[Job]) -> list[Job]:
    """Those that have ended."""
    items = defaultdict[int, list[Any]](list)
    for item in of_jobs(len(jobs)).ask(**{f"job {number}": job.pk for number, job in enumerate(jobs)}):
        items[item.job].append(item)
    over = [(job, items[job.pk]) for job in jobs if not any(map(is_open, items[job.pk]))]
    well = [ingested(job, found) for job, found in over if not spoilt(found)]
    return [*move_together(well), *(job for job, found in over if failed(job, spoilt(found)))]


def is_open(item: Any) -> bool:
    """Whether its job goes on; also if somebody else has ended it."""
    return item.job__state != JobState.PROCESSED or item.state in PENDING


def ingested(job: Job, items: Sequence[Any]) -> Step:
    """All its products are in the archive."""
    return Step(job, JobState.INGESTED, ", ".join(item.dp_id or item.log for item in items), {"ended": Now()})


def spoilt(items: Sequence[Any]) -> Any:
    """The ingestion, if any, that decides on a bad end."""
    return next((item for state in ENDS for item in items if item.state == state), None)


def failed(job: Job, item: Any) -> bool:
    """End the job as its ingestion did; False if it did well, or if somebody else was first."""
    if item is None:
        return False
    try:
        record.headers(job, files.products(job))
    except Exception:
        logger.exception("no headers are kept of job %s", job)
    return job.end(ENDS[IngestState(item.state)], Reason(item.reason), item.log)


@cache
def of_jobs(many: int) -> Composed:
    """All ingestions of so many jobs."""
    rows = Ingestion.objects.filter(job__pk__in=[Given(f"job {number}") for number in range(many)])
    return Composed(lambda: rows.values_list("job", "job__state", "state", "reason", "log", "dp_id"))


ENDS = {IngestState.REJECTED: JobState.INGEST_REJECTED, IngestState.DEAD: JobState.INGEST_FAILED}
