"""Lets this process work on the ledger of a job file, instead of on the database of its environment."""

import contextlib
import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from processing.core.jobfile import MAX_BYTES, BadLine, read
from processing.workflow import ledger
from processing.workflow.gate import STOP_FLAG
from processing.workflow.jobfile import Place


def environment(place: Place, workers: int) -> dict[str, str]:
    """What differs for whoever works on the ledger: it starts when it is told to, and shares no folder.

    Master calibrations and scratch directories of the queue's jobs are tidied up by those who know these jobs.
    """
    return {
        "DATABASE_URL": f"sqlite:///{place.database}",
        "PHOENIX_BROKER_URL": "",
        "PHOENIX_WORK_DIR": str(place.work),
        "DFO_CAL_DIR": str(place.work / "cal"),
        "PHOENIX_WINDOW": "00:00-24:00",
        "PHOENIX_WORKERS": str(workers),
        STOP_FLAG: str(place.folder / "stopping"),
    }


def enter(place: Place, workers: int = 1) -> None:
    """Start this command anew in the ledger's environment, unless it is there: no other database can be touched."""
    wanted = environment(place, workers)
    if any(os.environ.get(name) != value for name, value in wanted.items()):
        place.folder.mkdir(exist_ok=True)
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | wanted)  # noqa: S606 - no shell


def lines(place: Place) -> tuple[dict[str, int], list[BadLine]]:
    """What the job file asks for, and its bad lines."""
    try:
        with place.file.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise CommandError(f"{place.file}: {error.strerror}", returncode=2) from error
    if not place.known.is_file():
        raise CommandError(f"{place.known} is not there: write the job file with `phoenix jobfile write`", returncode=2)
    return read(content, str(place.file))


def fill(place: Place, named: Mapping[str, int]) -> list[BadLine]:
    """The ledger with all tables and the ABs of the file; one process at a time."""
    with locked(place, "fill", fcntl.LOCK_EX):
        call_command("migrate", verbosity=0)
        return ledger.fill(place, named)


@contextlib.contextmanager
def locked(place: Place, name: str = "run", how: int = fcntl.LOCK_EX | fcntl.LOCK_NB) -> Iterator[None]:
    """Hold the ledger.  The system ends the lock with the process, however that ends."""
    with (place.folder / f"{name}.lock").open("a") as opened:
        try:
            fcntl.flock(opened, how)
        except BlockingIOError as taken:
            raise CommandError(f"{place.file} is being run, or pushed, by another process") from taken
        yield


def settle(place: Place) -> None:
    """Have what a run has left that was killed ended: by a process in the ledger's environment."""
    command = (sys.executable, "manage.py", "phoenix", "jobfile", "settle", str(place.file))
    done = subprocess.run(  # noqa: S603 - our own command
        command,
        cwd=settings.BASE_DIR,
        env=os.environ | environment(place, 1),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CommandError(done.stderr.strip() or f"{place.file}: its ledger cannot be read")
