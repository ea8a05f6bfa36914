"""Finish a date: what it needed on disk goes, what it found stays in the database."""

from django.db.models.functions import Now

from processing.core.states import DateState
from processing.models import ProcessingDate
from processing.workflow import files


def finish() -> bool:
    """Clean up after the next date that is FINISHING; False if there is none."""
    date = ProcessingDate.objects.filter(state=DateState.FINISHING).order_by("id").first()
    if date is None:
        return False
    deleted = clean(date)
    date.move(DateState.FINISHED, f"{deleted} master calibrations and all products deleted", finished=Now())
    return True


def clean(date: ProcessingDate) -> int:
    """Delete the date's master calibrations and products; general calibrations stay.  Safe to repeat.

    Returns the number of master calibrations deleted.
    """
    jobs = date.jobs.select_related("block", "certificate")
    used = {used for job in jobs for used in job.used() if not used[2]}
    masters = [files.place(date, one) for one in used]
    there = [master for master in masters if master.exists()]
    for master in there:
        master.unlink(missing_ok=True)
    folder = files.calibrations(date)
    for partial in folder.glob(".*.part"):
        partial.unlink(missing_ok=True)  # a worker died while it fetched
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
    files.remove([files.products_of(date)])
    return len(there)
