"""Process one job: its one attempt, from the claim to PROCESSED or to an end with a reason."""

import json
import logging
import signal
import traceback
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from processing import registry
from processing.core.errors import ABFailed, Damaged, Halt, HostHalt, NotInArchive
from processing.core.ports import Command, Ended, FileKind, Finished, Inputs, Pipeline, Product
from processing.core.scoring import Measurement, no_signal
from processing.core.states import JobState, Reason
from processing.models import Job, Stop
from processing.models.jobs import JobQuerySet
from processing.models.leases import from_now
from processing.models.patience import lost
from processing.plugins import fits
from processing.workflow import convert, files, gate, hold, machine, prepare, record
from processing.workflow.close import close
from processing.workflow.heartbeat import Heartbeat
from processing.workflow.seat import Closed, seat
from processing.workflow.wake import Stage, wake
from processing.workflow.worker import owner

logger = logging.getLogger(__name__)

# How often a file may arrive damaged before its AB has failed, and the pause after the first time.
TRANSFERS = 3
TRANSFER_PAUSE = timedelta(minutes=1)


def process(among: JobQuerySet | None = None, first: Callable[[Job], object] | None = None) -> bool:
    """Take the next job, of all or among some, and bring it to an end; False if there is none to take.

    `first` is done when the job is known, and before anything of it is.
    """
    jobs = Job.objects.all() if among is None else among
    job = jobs.claim(owner(), gate.ready(), machine.offer(timezone.now()))
    if job is None:
        return False
    with heartbeat(job) as heart:
        if first:
            first(job)
        conclude(job, heart)
    # What is processed is still to be ingested: its date closes then.
    if job.state != JobState.PROCESSED:
        close(job)
    # The cores that it leaves are for more than who goes on here.
    wake(Stage.PROCESS, job.certificate.cores - 1 if job.certificate else 0)
    return True


def heartbeat(job: Job) -> Heartbeat:
    """The job's lease, and what ends its recipe: a lost lease, or a stop that terminates."""
    return Heartbeat(lambda: beat(job), lambda: registry.executor().cancel(str(job.token)))


def beat(job: Job) -> bool:
    """Renew the lease; False if the job is no longer ours, or if it has just been stopped."""
    mine = Job.objects.filter(job.mine, pk=job.pk, state=JobState.RUNNING).first()
    if mine is None:
        return False
    stop = Stop.objects.all().of(job.date.instrument_id).filter(mode=Stop.Mode.TERMINATE).first()
    # Before its start a job is given back instead: its one attempt is not used.
    if stop and mine.started and mine.end(JobState.STOPPED, Reason.STOPPED_BY_OPERATOR, f"{stop}: {stop.reason}"):
        return False
    ours = job.renew(token=job.token, state=JobState.RUNNING)
    if ours and mine.started:
        tell(job)
    return ours


def tell(job: Job) -> None:
    """Keep what the recipe has logged so far, so that any host can show it while it runs."""
    # The scratch directory may be removed at any moment.
    with suppress(OSError):
        record.growing_log(job, registry.pipeline(job.date.instrument_id).log(files.scratch(job)))


def conclude(job: Job, heart: Heartbeat) -> None:
    """The attempt, and what its outcome means for the job."""
    try:
        attempt(job, heart)
    except Failed as failed:
        job.end(failed.state, failed.reason, failed.sentence)
    except ABFailed as failed:
        job.end(JobState.FAILED, failed.reason, failed.sentence)
    except (Halt, NotPrepared) as missing:
        if job.give_back(str(missing)):
            again(job, missing)
    except Closed as closed:
        job.give_back(str(closed))
    except Damaged as damaged:
        defer(job, str(damaged))
    except Exception as error:  # the edge of a task: a bug ends its AB, and never the worker
        logger.exception("job %s", job)
        unexpected(job, error)


def unexpected(job: Job, error: Exception) -> None:
    """A bug fails the job; a database that was away costs the attempt only if its process was started."""
    if not lost(error):
        record.failure(job, traceback.format_exc())
        job.end(JobState.FAILED, Reason.UNEXPECTED, f"{type(error).__name__}: {error}")
    elif not job.give_back("the database was away"):
        job.end(JobState.LOST, Reason.WORKER_LOST, "The database was away when the worker needed it.")


def again(job: Job, missing: Exception) -> None:
    """A claim was given back: the date is held, or its calibrations are sought once more (the AB came late)."""
    if isinstance(missing, Halt):
        hold.hold(job.date, missing)
    else:
        prepare.complete(job)


def defer(job: Job, why: str) -> None:
    """A file did not arrive whole: it is fetched again later, and after the last try the AB has failed.

    Nothing was started, so this is no second attempt.
    """
    tries = job.transfers + 1
    if tries >= TRANSFERS:
        job.end(JobState.FAILED, Reason.RAW_DAMAGED, f"{why} ({tries} times)", where=Q(started=None))
    else:
        job.give_back(why, transfers=tries, not_before=from_now(TRANSFER_PAUSE * tries))


class NotPrepared(Exception):
    """A calibration of the job is not here, because the AB came when its date was already prepared."""


class Failed(Exception):
    """The recipe was ended from outside: the job's end has a state of its own."""

    def __init__(self, state: JobState, reason: Reason, sentence: str) -> None:
        super().__init__(sentence)
        self.state = state
        self.reason = reason
        self.sentence = sentence


@dataclass(frozen=True)
class Attempt:
    """What the steps of one attempt share."""

    job: Job
    heart: Heartbeat
    pipeline: Pipeline
    inputs: Inputs
    scratch: Path


def attempt(job: Job, heart: Heartbeat) -> None:
    """Fetch, check, run, measure, judge; then publish the products.

    The scratch directory, and with it the raw frames, goes however this ends.
    """
    with ExitStack() as stack:
        hold.room()
        scratch = files.scratch(job)
        stack.callback(files.remove, [scratch])
        stack.push(partial(leave_evidence, job, scratch))
        make(scratch)
        inputs = gather(job, scratch / "raw")
        this = Attempt(job, heart, registry.pipeline(inputs.ab.instrument), inputs, scratch)
        this.pipeline.check(inputs)
        record.raw_facts(job, this.pipeline.facts(inputs))
        run(this)
        products = this.pipeline.products(inputs, scratch)
        found = record.Found(inputs.certificate, this.pipeline.measure(inputs, products))
        try:
            judge(this, found.measured)
            labels = archived(this, products)
        except ABFailed:
            record.measurements(job, found)
            raise
        publish(this, products, labels, found)


def leave_evidence(job: Job, scratch: Path, _kind: object, error: BaseException | None, _trace: object) -> None:
    """Keep the headers of what a failed attempt had, before its files go; how the job ends does not depend on it."""
    if error is None or isinstance(error, (Halt, NotPrepared, Closed, Damaged)):
        return
    try:
        record.headers(job, scratch / "raw", scratch / "out")
    except Exception:
        logger.exception("no headers are kept of job %s", job)


def make(folder: Path) -> None:
    """A new directory; that this is impossible is this host's matter."""
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise HostHalt(f"the work directory cannot be written: {error}") from error


def gather(job: Job, raw_folder: Path) -> Inputs:
    """All files of the AB on this machine: raw frames into the scratch directory, calibrations where they are."""
    if job.certificate is None:
        raise ABFailed(Reason.NOT_CERTIFIED, "The job has no certificate.")
    ab, certificate = job.block.value, job.certificate.value
    try:
        raws = [(registry.archive().fetch(FileKind.RAW, f"{r.dp_id}.fits", raw_folder), r.tag) for r in ab.raws]
    except NotInArchive as missing:
        raise ABFailed(Reason.RAW_MISSING, f"{missing}.") from missing
    try:
        calibs = [(files.bring(job.date, used), used[1]) for used in certificate.used(ab)]
    except NotInArchive as missing:
        raise NotPrepared(str(missing)) from missing
    return Inputs(ab=ab, raws=raws, calibs=calibs, certificate=certificate)


def run(this: Attempt) -> None:
    """Start the pipeline process: at most once per job, ever."""
    job = this.job
    command = this.pipeline.command(this.inputs, this.scratch, str(job.token))
    registry.executor().ready(this.pipeline.program)
    finished = registry.executor().run(command, seat(job))
    log = this.pipeline.log(this.scratch)
    record.execution(job, command, finished, log)
    if this.heart.fenced:
        raise Failed(JobState.LOST, Reason.WORKER_LOST, "The lease was lost while the recipe ran, so it was ended.")
    refuse(command, finished, this.pipeline.explain(finished.exit_code, log))


def refuse(command: Command, finished: Finished, explanation: str) -> None:
    """Raise for every end of the recipe but exit code 0."""
    if finished.ended is Ended.TIMED_OUT:
        sentence = f"The recipe was ended at its limit of {command.seconds:.0f} s."
        raise Failed(JobState.TIMED_OUT, Reason.TIME_LIMIT, sentence)
    if finished.ended is Ended.OUT_OF_MEMORY:
        raise ABFailed(Reason.OUT_OF_MEMORY, out_of_memory(command, finished))
    if finished.ended is Ended.KILLED:
        raise ABFailed(Reason.RECIPE_KILLED, f"The recipe was ended by signal {-finished.exit_code}.")
    if finished.exit_code:
        raise ABFailed(Reason.RECIPE_FAILED, explanation)


def out_of_memory(command: Command, finished: Finished) -> str:
    """A sentence: whose limit it was, and how much the recipe had."""
    what = "was refused more memory"
    if finished.exit_code == -signal.SIGKILL:
        what = "was ended because the machine had no memory left"
    elif command.memory:
        what = f"reached its memory limit of {command.memory / 2**30:.1f} GB"
    return f"The recipe {what}; its peak was {finished.address_space / 2**30:.1f} GB."


def judge(this: Attempt, measured: Sequence[Measurement]) -> None:
    """The one gate: noise must not enter the archive as science."""
    certificate = this.inputs.certificate
    if no_signal(measured, certificate.gate_parameter, certificate.gate_least):
        values = ", ".join(f"{m.chip} {m.value:.2f}" for m in measured if m.name == certificate.gate_parameter)
        limit = f"below {certificate.gate_least:g} on every chip"
        raise ABFailed(Reason.NO_SIGNAL, f"Median order signal-to-noise ratio {limit}: {values}.")


def publish(this: Attempt, products: Sequence[Product], labels: Sequence[str], found: record.Found) -> None:
    """Products leave the scratch directory by rename, and only when the job is PROCESSED."""
    job, target, out = this.job, files.products(this.job), this.scratch / "out"
    changes = {"processed": Now(), "software": software(products), "processing_flags": found.flags}
    files.keep(lambda: target.parent.mkdir(parents=True, exist_ok=True))
    manifest = json.dumps({product.category: product.path.name for product in products})
    files.keep(lambda: (out / convert.MANIFEST).write_text(manifest))
    out.rename(target)
    along = partial(record.processed, job, labels, found)
    moved = job.move(JobState.PROCESSED, "the recipe and every check succeeded", job.mine, along, **changes)
    # The answer to a commit may be lost, and the commit not: what a job has made once must not go for that.
    if not (moved or Job.objects.filter(job.mine, pk=job.pk, state=JobState.PROCESSED).exists()):
        files.remove([target])
        raise Failed(JobState.LOST, Reason.WORKER_LOST, "The claim was lost while the recipe ran.")


def software(products: Sequence[Product]) -> str:
    """Pipeline and version that made the products."""
    return str(fits.header(products[0].path).get("ESO PRO REC1 PIPE ID", ""))


def archived(this: Attempt, products: Sequence[Product]) -> list[str]:
    """The labels of what goes into the archive; an AB that has nothing for it has failed."""
    made = {product.category: product.path for product in products}
    labels = [source.label for source in this.pipeline.archived(this.inputs.certificate, made)]
    if not labels:
        raise ABFailed(Reason.PRODUCTS_MISSING, "None of the recipe's products is one for the archive.")
    return labels
