"""Closes a date with its last job."""

from processing.models import Job
from processing.models.patience import patient
from processing.workflow.wake import Stage, wake


@patient
def close(job: Job) -> None:
    """After a job's own commit: close its date if this was the last."""
    if job.date.close_if_done():
        wake(Stage.FINISH)
