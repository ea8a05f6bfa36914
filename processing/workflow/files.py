"""Where files stand on this machine, and bringing calibrations there."""

import shutil
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from django.conf import settings

from processing import registry
from processing.core.ports import FileKind
from processing.models import Job, ProcessingDate
from processing.plugins.transfer import DISK_TROUBLE
from processing.workflow import shared

Used = tuple[str, str, bool]
"""(name, category, is a gencalib) of a calibration."""

PAUSE = 0.5  # seconds


def calibrations(date: ProcessingDate) -> Path:
    """`$DFO_CAL_DIR/<date>`: the master calibrations of a date; they go when it is finished."""
    return Path(settings.PHOENIX["CAL_DIR"]) / date.date.isoformat()


def general() -> Path:
    """`$DFO_CAL_DIR/gen`: general calibrations; they are never deleted."""
    return Path(settings.PHOENIX["CAL_DIR"]) / "gen"


def scratch(job: Job) -> Path:
    """The directory of a job's attempt, named by its token."""
    return Path(settings.PHOENIX["WORK_DIR"]) / "scratch" / str(job.token)


def products(job: Job) -> Path:
    """Where a processed job's products wait for ingestion; they go when the date is finished."""
    return products_of(job.date) / str(job.token)


def products_of(date: ProcessingDate) -> Path:
    """The products of all jobs of a date."""
    return Path(settings.PHOENIX["WORK_DIR"]) / "products" / date.instrument_id / date.date.isoformat()


def place(date: ProcessingDate, used: Used) -> Path:
    """Where a calibration belongs."""
    name, _, is_general = used
    return (general() if is_general else calibrations(date)) / name


def bring(date: ProcessingDate, used: Used) -> Path:
    """The calibration on this machine, fetched if it is not there; one master calibration serves many dates.

    Raises `NotInArchive`, or `Halt` if the archive cannot be reached.
    """
    target = place(date, used)
    if target.exists():
        return target
    if used[2]:
        return registry.archive().fetch(FileKind.GENCALIB, used[0], target.parent)
    return shared.bring(used[0], target)


def keep(write: Callable[[], object]) -> None:
    """Write what one attempt has made, and for some time wait for room: it cannot be made a second time."""
    end = time.monotonic() + settings.PHOENIX["PATIENCE"]
    while True:
        try:
            write()
        except OSError as error:
            if error.errno not in DISK_TROUBLE or time.monotonic() > end:
                raise
            time.sleep(PAUSE)
        else:
            return


def remove(folders: Iterable[Path]) -> None:
    """Delete folders with all they hold; one that is not there is as it should be."""
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
