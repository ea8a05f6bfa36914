"""The processes of `jobfile run`: workers that this command starts, and that end with it."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from django.conf import settings
from django.core.management.base import CommandError
from django.db.models import QuerySet
from rich.console import Console
from rich.progress import Progress

from processing import control
from processing.core.states import JobState
from processing.management.demo_run import COLUMNS
from processing.models import Hold, Job
from processing.models.jobs import JobQuerySet
from processing.workflow import ledger
from processing.workflow.sweep import sweep

LOOK = 1.0
"""Seconds between two looks at the workers."""
IDLE = 0.5
"""Seconds after which a worker that had nothing to do looks again."""
DEATHS = 20
"""Workers that die of themselves, before the run gives up."""


def work(jobs: JobQuerySet) -> None:
    """One worker: whatever is due, one after the other, until the run that has started it is gone."""
    threading.Thread(target=leave_with_parent, daemon=True).start()
    while True:
        if not ledger.step(jobs):
            time.sleep(IDLE)


def leave_with_parent() -> None:
    """End at once when the pipe closes that only the run holds: its jobs are LOST, and their recipes end, too."""
    sys.stdin.buffer.read()
    os._exit(1)


class Run:
    """Keeps a number of workers at the jobs of a file, until these have ended or it is told to stop."""

    def __init__(self, file: Path, jobs: QuerySet[Job], workers: int) -> None:
        self.file = file
        self.jobs = jobs
        self.workers = workers
        self.flag = Path(os.environ[control.STOP_FLAG])
        self.crew: list[subprocess.Popen[bytes]] = []
        self.deaths = 0
        self.signals = 0

    def run(self, progress: Progress) -> None:
        """Until nothing is left to do; after a signal, until what runs has ended; after a second one, at once."""
        task = progress.add_task("process", total=self.jobs.count(), item="")
        with self.listening(), (self.flag.parent / "worker.log").open("ab") as log:
            try:
                while self.goes_on():
                    self.keep(log.fileno())
                    sweep()
                    self.show(progress, task)
                    time.sleep(LOOK)
            finally:
                self.end()
        sweep()
        self.show(progress, task)

    def goes_on(self) -> bool:
        """Whether there is something left to wait for."""
        if self.signals == 0:
            return ledger.unfinished(self.jobs) > 0
        return self.signals == 1 and self.jobs.filter(state=JobState.RUNNING).exists()

    def keep(self, log: int) -> None:
        """As many workers as there should be; one that has died is replaced, and its job is LOST."""
        living = [worker for worker in self.crew if worker.poll() is None]
        self.deaths += len(self.crew) - len(living)
        if self.deaths > DEATHS:
            raise CommandError(f"workers die again and again: see {self.flag.with_name('worker.log')}")
        self.crew = [*living, *(self.start(log) for _ in range(self.workers - len(living)))]

    def start(self, log: int) -> subprocess.Popen[bytes]:
        """A worker, in a session of its own: Ctrl-C is for the run alone."""
        return subprocess.Popen(  # noqa: S603 - our own command
            (sys.executable, "manage.py", "phoenix", "jobfile", "work", str(self.file)),
            cwd=settings.BASE_DIR,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """SIGTERM and SIGINT are counted while this is open; what a run that was killed had said is forgotten."""
        self.flag.unlink(missing_ok=True)
        before = {number: signal.signal(number, self.stop) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            self.flag.unlink(missing_ok=True)

    def stop(self, _number: int, _frame: FrameType | None) -> None:
        """Nothing new starts."""
        self.signals += 1
        self.flag.touch()

    def end(self) -> None:
        """Workers end when their pipe closes."""
        for worker in self.crew:
            if worker.stdin:
                worker.stdin.close()
            worker.wait()

    def show(self, progress: Progress, task: int) -> None:
        """Bring the bar up to date, with what holds it up."""
        states = list(self.jobs.values_list("state", flat=True))
        left = states.count(JobState.WAITING) + states.count(JobState.RUNNING)
        held = Hold.objects.all().active().first()
        item = f"held: {held.why}" if held else f"{states.count(JobState.RUNNING)} running"
        progress.update(task, completed=len(states) - left, item=item)  # type: ignore[arg-type]


def run_workers(file: Path, jobs: QuerySet[Job], workers: int, *, quiet: bool) -> None:
    """Run the jobs of a file with so many workers; a bar on standard error shows how far it is."""
    with Progress(*COLUMNS, console=Console(stderr=True), disable=quiet) as progress:
        Run(file, jobs, workers).run(progress)
