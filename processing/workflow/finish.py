"""Finish a date: what it needed on disk goes, what it found stays in the database."""

import time
from contextlib import suppress

from processing.core.states import ENDED, DateState
from processing.models import ProcessingDate
from processing.workflow import files, predict, unused

ABANDONED = 3600.0  # seconds since the last byte of a partial file


def finish() -> bool:
    """Clean up after the next date that is FINISHING; False if there is none."""
    date = ProcessingDate.objects.filter(state=DateState.FINISHING).order_by("id").first()
    if date is None:
        return False
    deleted = clean(date)
    predict.remember(date.instrument_id)
    date.finish(f"{deleted} master calibrations and all products deleted")
    return True


def clean(date: ProcessingDate) -> int:
    """Delete the date's master calibrations and products; general calibrations stay.  Safe to repeat.

    Of a master calibration that dates share, its link goes, and with the last of them the copy.

    Returns the number of master calibrations deleted.
    """
    # Once: whoever else finishes this date may have opened it again for a new AB, whose products must stay.
    jobs = list(date.jobs.filter(state__in=ENDED).select_related("block", "certificate", "date"))
    used = {used for job in jobs for used in job.used() if not used[2]}
    masters = [files.place(date, one) for one in used]
    there = [master for master in masters if master.exists()]
    for master in there:
        master.unlink(missing_ok=True)
    folder = files.calibrations(date)
    for partial in folder.glob(".*.part"):
        # A worker died while it fetched; a young one may be another instrument's, on its way.
        if time.time() - partial.stat().st_mtime > ABANDONED:
            partial.unlink(missing_ok=True)
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
    files.remove(files.products(job) for job in jobs if job.token)
    with suppress(OSError):  # not there, or not empty
        files.products_of(date).rmdir()
    unused.drop()
    return len(there)
