"""Jobs with the times that a night would leave: made directly, to the second."""

import datetime

from processing.core.states import JobState
from processing.models import Job, ProcessingDate
from tests.monitor import rows

EVENING = datetime.datetime(2012, 5, 10, 0, 0, tzinfo=datetime.UTC)


def at(seconds):
    """So many seconds after the beginning of the night."""
    return EVENING + datetime.timedelta(seconds=seconds)


def worked(number, claimed, started=None, processed=None, ended=None, **changes):
    """A job that a worker had; times are seconds after the beginning of the night, None what did not happen."""
    row = rows.job(stamp=f"UVES.2012-05-10T03:{number // 60:02}:{number % 60:02}.000")
    moments = {"claimed": claimed, "started": started, "processed": processed, "ended": ended}
    values = {name: None if value is None else at(value) for name, value in moments.items()}
    known = {"state": JobState.INGESTED, "owner": "node1:boot:100:1.0", "registered": at(-7200)}
    Job.objects.filter(pk=row.pk).update(**{**known, **values, **changes})
    row.refresh_from_db()
    return row


def date(prepared=0, **changes):
    """The date of these jobs, its preparation ended so many seconds after the beginning of the night."""
    ProcessingDate.objects.update(state="FINISHED", prepared=at(prepared), registered=at(-7200), **changes)
    return ProcessingDate.objects.select_related("instrument").get()
