"""Jobs that ended long ago, with their events and logs."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from processing.models import Event, Ingestion, Job, JobLog, ProcessingDate
from tests.processing.conftest import run_night

MAY, JUNE = (datetime(2012, month, 10, 3, 17, 42, 123456, tzinfo=UTC) for month in (5, 6))


def age(job, at=MAY):
    """All that is known of a job happened at that time."""
    items = list(Ingestion.objects.filter(job=job).values_list("pk", flat=True))
    for subject, ids in (("job", [job.pk]), ("ingestion", items), ("date", [job.date_id])):
        Event.objects.filter(subject=subject, subject_id__in=ids).update(at=at)
    Job.objects.filter(pk=job.pk, ended__isnull=False).update(ended=at)
    ProcessingDate.objects.filter(pk=job.date_id, finished__isnull=False).update(finished=at)


def processed(add, numbers=(1,), at=MAY):
    """Jobs of one date that was finished long ago."""
    jobs = [add(number) for number in numbers]
    run_night()
    for job in jobs:
        job.refresh_from_db()
        age(job, at)
    return jobs


def folder():
    return Path(settings.PHOENIX["HISTORY_DIR"])


def names():
    return sorted(path.name for path in folder().glob("*.gz"))


def filed(name):
    """The rows of a file."""
    with gzip.open(folder() / name) as stream:
        return [json.loads(line) for line in stream]


def known():
    """All events, in the table and in files, by their numbers; and all logs."""
    events = [row["id"] for name in names() if name.startswith("events") for row in filed(name)]
    logs = [row["job"] for name in names() if name.startswith("logs") for row in filed(name)]
    here = JobLog.objects.filter(file="").values_list("pk", flat=True)
    return sorted({*events, *Event.objects.values_list("pk", flat=True)}), sorted({*logs, *here})
