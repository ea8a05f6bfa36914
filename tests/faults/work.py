"""The work of a campaign: ABs that keep coming for as long as anything is broken, and a record of what they started."""

import os
import shutil
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from processing.models.patience import patient

PER_DATE = 20
BACKLOG = 60
MOST = 3000  # the clock times in the names of the frames end at one hour
SEED, NIGHT = 1, "2012-05-09"
WRAPPER = """#!/bin/sh
# Writes down whose recipe is started, and becomes the real program.
for sof do :; done
if [ -f "$sof" ]; then
    read -r frame _ <"$sof"
    frame=${frame##*/}
    echo "${frame%.fits}.ab" >>"STARTS"
fi
exec REAL "$@"
"""


class Work:
    """Registers one date of ABs after the other: in step with the faults, and always enough to go on."""

    def __init__(self, archive: Path, jobs: int, progress: Callable[[], float]) -> None:
        self.archive = archive
        self.jobs = jobs
        self.backlog = min(BACKLOG, jobs // 2)
        self.progress = progress
        """The part of the faults that is done, from 0 to 1."""
        self.names: list[str] = []
        self.extra: list[Path] = []
        """ABs of the real pipeline that are still to be registered."""
        self.every = 1
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._feed, name="work", daemon=True)
        self.trouble: Exception | None = None

    def add_esorex(self, abs_: list[Path]) -> None:
        """Spread ABs of the real pipeline over the campaign."""
        self.extra = abs_
        self.every = max(1, self.jobs // PER_DATE // max(1, len(abs_)))

    def stop(self, *, whole: bool) -> None:
        """Nothing more comes, but for what is still owed to a whole campaign; raises what went wrong meanwhile."""
        self.over.set()
        self.thread.join()
        if self.trouble:
            raise self.trouble
        while whole and (len(self.names) < self.jobs or self.extra):
            self.one_date()

    def _feed(self) -> None:
        try:
            while not self.over.wait(0.3):
                if (len(self.names) < self.jobs * self.progress() or waiting() < self.backlog) and len(
                    self.names
                ) < MOST:
                    self.one_date()
        except Exception as error:  # noqa: BLE001 - it is raised again by `stop`
            self.trouble = error

    def one_date(self) -> None:
        """Twenty ABs of the next date, each with its raw frame; now and then one of the real pipeline."""
        from tests.processing.conftest import FLUX, ab_text

        day = len(self.names) // PER_DATE
        date = f"2012-{1 + day // 28:02d}-{1 + day % 28:02d}"
        if self.extra and day % self.every == 0:
            file = self.extra.pop()
            self.register(file.read_text(), file.name)
        while len(self.names) // PER_DATE == day:
            number = len(self.names)
            lines = FLUX if number % 3 == 0 else ()
            seconds = 0.1 + number % 10 / 15
            self.register(ab_text(number, date=date, lines=lines, sleep=seconds), f"{number}.ab")

    def register(self, text: str, file: str) -> None:
        """One AB, however often the database goes away meanwhile."""
        from processing.core.ab import parse

        ab = parse(text, file)
        for raw in ab.raws:
            frame = self.archive / "raw" / f"{raw.dp_id}.fits"
            if not frame.exists():
                frame.write_bytes(b"raw")
        registered(text, file)
        self.names.append(ab.name)


@patient
def registered(text: str, file: str) -> None:
    """Register an AB; again does no harm."""
    from processing.workflow.register import register

    register(text, file)


@patient
def waiting() -> int:
    """How many jobs have not started."""
    from processing.core.states import JobState
    from processing.models import Job

    return Job.objects.filter(state=JobState.WAITING).count()


@patient
def left() -> str:
    """What is not at its end: jobs by state, dates by state, holds; empty if everything is."""
    from processing.core.states import ENDED, DateState
    from processing.models import Hold, Job, ProcessingDate

    jobs = Counter(Job.objects.exclude(state__in=ENDED).values_list("state", flat=True))
    dates = Counter(ProcessingDate.objects.exclude(state=DateState.FINISHED).values_list("state", flat=True))
    holds = Counter({"holds": Hold.objects.all().active().count()})
    parts = [("jobs", jobs), ("dates", dates), ("", +holds)]
    return "; ".join(f"{what} {dict(numbers)}".strip() for what, numbers in parts if numbers)


def make_instrument(archive: Path) -> None:
    """The test instrument: its calibrations, its products, its certificate."""
    from processing.models import Certificate
    from tests import testcam

    testcam.build(archive)
    Certificate.objects.load([testcam.CERTIFICATE])


def real_night(folder: Path, number: int) -> list[Path]:
    """ABs for ESO's own pipeline, with frames and calibrations in the archive; its starts are recorded from now on."""
    from processing.demo import masters, night, plan
    from tests.faults.site import ROOT

    if not number:
        return []
    simulated = folder / "night"
    night.simulate(simulated, kinds=[plan.BLUE] * number, seed=SEED, date=NIGHT, advance=unheard)
    cache = masters.make(ROOT / "var" / "masters", seed=SEED, date=NIGHT, arms=["blue"], advance=unheard)
    masters.install(cache, folder / "archive")
    for raw in (simulated / "archive" / "raw").iterdir():
        raw.rename(folder / "archive" / "raw" / raw.name)
    record_esorex(folder / "bin")
    return sorted((simulated / "abs").iterdir())


def unheard(_name: str) -> None:
    """Nobody wants to know how far the simulation is."""


def record_esorex(folder: Path) -> None:
    """Put a program before esorex that appends to the record which the test instrument's recipe writes, too."""
    from tests import testcam

    real = shutil.which("esorex")
    if real is None:
        raise FileNotFoundError("esorex is not installed; --esorex 0 leaves the real pipeline out")
    folder.mkdir()
    wrapper = folder / "esorex"
    wrapper.write_text(WRAPPER.replace("STARTS", str(testcam.folder() / "starts")).replace("REAL", real))
    wrapper.chmod(0o755)
    os.environ["PATH"] = f"{folder}{os.pathsep}{os.environ['PATH']}"
