"""The demo's processes and progress bars."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from django.conf import settings
from django.core.management.base import CommandError
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from processing.core.states import DateState, JobState
from processing.models import Job, ProcessingDate

COLUMNS = (
    TextColumn("{task.description:<10}"),
    BarColumn(),
    MofNCompleteColumn(),
    TimeElapsedColumn(),
    TextColumn("{task.fields[item]}"),
)
PROCESSED = (JobState.PROCESSED, JobState.INGESTED, JobState.INGEST_REJECTED, JobState.INGEST_FAILED)
PATIENCE = 600.0  # seconds without any change after which something must be wrong


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """SIGTERM ends the demo as Ctrl-C does: with all that it has started."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        raise CommandError("interrupted", returncode=130) from None


@contextlib.contextmanager
def child(command: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process of this project, stopped gently at the end of the block."""
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own programs
            [sys.executable, *command],
            cwd=settings.BASE_DIR,
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextlib.contextmanager
def web(folder: Path, port: int) -> Iterator[None]:
    """The dashboard."""
    if answers(port):
        raise CommandError(f"port {port} is in use: choose another one with --port")
    options = ["--bind", f"127.0.0.1:{port}", "--threads", "4", "--worker-tmp-dir", str(folder)]
    with child(["-m", "gunicorn", "phoenix_site.wsgi", *options], folder / "web.log") as process:
        while not answers(port):
            if process.poll() is not None:
                raise CommandError(f"the dashboard did not start; see {folder / 'web.log'}")
            time.sleep(0.1)
        yield


def answers(port: int) -> bool:
    """True if something listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextlib.contextmanager
def worker(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The cluster."""
    with child(["manage.py", "phoenix", "worker", "--grace", "5", "--every", "1"], folder / "worker.log") as process:
        yield process


def bar(progress: Progress, name: str, total: int) -> Callable[[str], None]:
    """A new bar; call the result once per item done."""
    task = progress.add_task(name, total=total, item="")
    return lambda item: progress.update(task, advance=1, item=item)


def complete(progress: Progress) -> None:
    """Fill the bars whose work turned out to be done already (cached calibrations)."""
    for task in progress.tasks:
        progress.update(task.id, completed=task.total)


def follow(progress: Progress, cluster: subprocess.Popen[bytes]) -> None:
    """Show processing and ingestion until every date is finished."""
    waiting = Job.objects.exclude(state=JobState.REJECTED).count()
    bars = (
        progress.add_task("process", total=waiting, item=""),
        progress.add_task("ingest", total=waiting, item=""),
    )
    seen, since = "", time.monotonic()
    while ProcessingDate.objects.exclude(state=DateState.FINISHED).exists():
        now = update(progress, bars)
        if now != seen:
            seen, since = now, time.monotonic()
        if cluster.poll() is not None:
            raise CommandError("the worker has ended; see worker.log in the demo's folder")
        if time.monotonic() - since > PATIENCE:
            raise CommandError(
                f"nothing has changed for {PATIENCE:.0f} s ({seen}); see worker.log in the demo's folder"
            )
        time.sleep(0.3)
    update(progress, bars)


def update(progress: Progress, bars: tuple[TaskID, TaskID]) -> str:
    """Bring both bars up to date; returns what they show."""
    jobs = list(Job.objects.values_list("state", flat=True))
    rejected = jobs.count(JobState.REJECTED)
    unprocessed = jobs.count(JobState.WAITING) + jobs.count(JobState.RUNNING)
    to_ingest = [state for state in jobs if state in PROCESSED]
    ingested = len(to_ingest) - to_ingest.count(JobState.PROCESSED)
    running = f"{jobs.count(JobState.RUNNING)} running"
    total = len(jobs) - rejected
    progress.update(bars[0], total=total, completed=total - unprocessed, item=running)
    progress.update(bars[1], total=len(to_ingest) + unprocessed, completed=ingested, item="")
    return f"{running}, {total - unprocessed} of {total} processed, {ingested} ingested"


def stay() -> None:
    """Until Ctrl-C or SIGTERM."""
    with contextlib.suppress(KeyboardInterrupt):
        signal.pause()
