"""What is old enough for a file: events of what is over, and logs of recipes, each row as a line of JSON."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from processing.core.states import UNFINISHED, DateState
from processing.models import Event, Ingestion, Job, JobLog, ProcessingDate
from processing.models.results import TEXTS
from processing.plugins.history import digest


@dataclass(frozen=True)
class Kind:
    """Rows that grow with every AB."""

    name: str
    """How their files begin."""
    setting: str
    """How many days they stay, in `PHOENIX`."""
    at: str
    """The time whose month they belong to."""
    part: int
    """Rows that are compressed together: more are smaller, fewer are found quicker."""
    before: Callable[[datetime], QuerySet[Any]]
    """Those that may go, of the time before a moment."""
    line: Callable[[Any], bytes]
    """A row, to be read by programs."""
    out: Callable[[Sequence[Any], Mapping[bytes, int], str], int]
    """Takes rows out of the table that are in a file of that name, at these places; how many."""


def old_events(end: datetime) -> QuerySet[Event]:
    """Of jobs, products and dates that were over by then.  All others are few, and people's decisions: they stay."""
    jobs = Job.objects.filter(Q(state__in=UNFINISHED) | Q(ended__gte=end))
    dates = ProcessingDate.objects.exclude(state=DateState.FINISHED) | ProcessingDate.objects.filter(finished__gte=end)
    lives = {
        Job.subject: jobs.filter(pk=OuterRef("subject_id")),
        Ingestion.subject: jobs.filter(ingestions=OuterRef("subject_id")),
        ProcessingDate.subject: dates.filter(pk=OuterRef("subject_id")),
    }
    over = Q()
    for subject, alive in lives.items():
        over |= Q(~Exists(alive), subject=subject)
    return Event.objects.filter(over, at__lt=end)


def event_line(row: Event) -> bytes:
    """All its columns."""
    return line({field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields})


def events_out(rows: Sequence[Event], places: Mapping[bytes, int], _file: str) -> int:
    """Delete them."""
    return Event.objects.all().filed([row.pk for row in rows if digest(event_line(row)) in places])


def old_logs(end: datetime) -> QuerySet[JobLog]:
    """Those of jobs that had ended by then, unless a file has them."""
    rows = JobLog.objects.filter(file="", job__ended__lt=end).exclude(job__state__in=UNFINISHED)
    return rows.select_related("job__block", "job__campaign").defer("job__block__text")


def log_line(row: JobLog) -> bytes:
    """Whose it is, and its texts."""
    job = row.job
    about = {"job": job.pk, "ab": job.block.name, "campaign": job.campaign.name, "ended": job.ended}
    return line({**about, **{name: getattr(row, name) for name in TEXTS}})


def logs_out(rows: Sequence[JobLog], places: Mapping[bytes, int], file: str) -> int:
    """Leave of each where it is."""
    empty = dict.fromkeys(TEXTS, "")
    found = ((row.pk, places.get(digest(log_line(row)))) for row in rows)
    known = [(pk, place) for pk, place in found if place is not None]
    return sum(JobLog.objects.filter(pk=pk).update(**empty, file=file, place=place) for pk, place in known)


def line(value: Mapping[str, Any]) -> bytes:
    """One line, the same for the same values."""
    return json.dumps(value, default=text).encode()


def text(value: Any) -> str:
    """A time to the microsecond; nothing else comes."""
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{value!r} does not belong into a line")


EVENTS = Kind("events", "EVENTS_KEPT", "at", 1000, old_events, event_line, events_out)
LOGS = Kind("logs", "LOGS_KEPT", "job__ended", 1, old_logs, log_line, logs_out)
KINDS = (EVENTS, LOGS)
