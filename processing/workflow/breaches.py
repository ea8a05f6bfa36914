"""What is the case now that somebody wants to be told of; asked anew by each sweep."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.conf import settings
from django.db.models import Count, Max, QuerySet
from django.utils import timezone

from processing.core.roles import Role
from processing.core.states import TROUBLE, DateState, IngestState, JobState
from processing.models import Event, Hold, Ingestion, Job, ProcessingDate, Stop, Worker
from processing.models.notices import LOW, ROOM, Kind
from processing.models.products import NOT_WITHDRAWN
from processing.workflow import digest, gate
from processing.workflow.waiting import unserved

DAY = timedelta(days=1)
SILENCE = timedelta(minutes=5)
"""Longer than any step without a change of state, but for a running recipe."""
GB = 1e9
REFUSED = (IngestState.REJECTED, IngestState.DEAD)

Told = Collection[tuple[str, str]]
"""Kind and key of what lasts since an earlier look."""


@dataclass(frozen=True)
class Breach:
    """One thing to be told."""

    kind: Kind
    key: str
    title: str
    text: str
    address: str = "/"


def breaches(told: Told) -> Iterator[Breach]:
    """Everything that is the case."""
    yield from stops()
    yield from holds()
    yield from workers()
    yield from disks(told)
    yield from failures()
    yield from ingestions()
    yield from kept()
    yield from morning(told)


def stops() -> Iterator[Breach]:
    """Stops that last."""
    for row in Stop.objects.all().active():
        what, fate = row.scope or "everything", row.get_mode_display()
        said = f"Since {row.at:%Y-%m-%d %H:%M} UTC by {row.who}: {row.reason}\nRunning jobs: {fate}."
        yield Breach(Kind.STOPPED, f"stop {row.pk}", f"{what} stopped", said, "/system/")


def holds() -> Iterator[Breach]:
    """Holds that last."""
    for row in Hold.objects.all().active():
        where = f" on {row.host}" if row.host else ""
        said = f"Since {row.at:%Y-%m-%d %H:%M} UTC: {row.why}\nphoenix looks by itself whether this is mended."
        yield Breach(Kind.HELD, f"hold {row.pk}", f"{row.instrument_id} held{where}", said, "/system/")


def workers() -> Iterator[Breach]:
    """Workers that have died, and work that nobody takes."""
    served = Worker.objects.all().alive().serving()
    for row in Worker.objects.all().silent():
        said = f"Last heard of at {row.seen:%Y-%m-%d %H:%M:%S} UTC, on {row.host}."
        yield Breach(Kind.SILENT, row.name, f"worker {row.name} is silent", said, "/system/")
    if not ProcessingDate.objects.exclude(state=DateState.FINISHED).exists():
        return
    for role in Role if served else ():
        if role not in served:
            said = f"There is work, and {unserved(role)}."
            yield Breach(Kind.NO_WORKER, role, f"no host serves {role}", said, "/system/")
    if not served:
        said = "There is work, and no worker was heard of within the last minute."
        yield Breach(Kind.NO_WORKER, "", "no worker is alive", said, "/system/")
    elif since := stalled():
        said = f"A worker is alive and jobs could go on, but nothing has changed since {since:%Y-%m-%d %H:%M} UTC."
        yield Breach(Kind.STALLED, "", "nothing moves", said)


def stalled() -> datetime | None:
    """Time of the last change, if jobs could run, none does, and nothing has happened for too long."""
    last = Event.objects.aggregate(last=Max("at"))["last"]
    if last is None or timezone.now() - last < SILENCE or Job.objects.filter(state=JobState.RUNNING).exists():
        return None
    could = Job.objects.all().startable(gate.ready()).exists() or Ingestion.objects.all().due().exists()
    return last if could else None


def disks(told: Told) -> Iterator[Breach]:
    """Areas of living workers with little room left; each file system of a host is told once."""
    limit = settings.PHOENIX["DISK_LIMIT"] * GB
    for row in Worker.objects.all().alive():
        for disk in {(disk["total"], disk["free"]): disk for disk in reversed(row.disks)}.values():
            key = f"{row.host} {disk['area']}"
            if disk["free"] >= limit * (ROOM if (Kind.DISK, key) in told else LOW):
                continue
            said = (
                f"{disk['free'] / GB:.1f} GB are free below {disk['path']}. "
                f"With less than {limit / GB:g} GB {row.host} starts nothing."
            )
            yield Breach(Kind.DISK, key, f"disk of {row.host} nearly full ({disk['area']})", said, "/system/")


def lately(subject: str, states: Collection[str]) -> QuerySet[Event, int]:
    """The rows that came into one of these states within the last day; the events have an index for it."""
    events = Event.objects.filter(subject=subject, new__in=states, at__gte=timezone.now() - DAY)
    return events.order_by().values_list("subject_id", flat=True)


def failures() -> Iterator[Breach]:
    """Kinds of failure of the last day: instrument, recipe and reason."""
    jobs = Job.objects.filter(pk__in=lately(Job.subject, TROUBLE)).order_by()
    grouped = jobs.values_list("date__instrument", "block__recipe", "reason").annotate(Count("id"), Max("sentence"))
    for instrument, recipe, reason, number, sentence in grouped:
        said = f"So far {number} {'job' if number == 1 else 'jobs'} in a day.  For example: {sentence}"
        key, title = f"{instrument} {recipe} {reason}", f"{instrument}: {reason} of {recipe}"
        yield Breach(Kind.FAILURES, key, title, said)


def ingestions() -> Iterator[Breach]:
    """Dates of which products were refused within the last day."""
    items = Ingestion.objects.filter(pk__in=lately(Ingestion.subject, REFUSED)).order_by()
    grouped = items.values_list("job__date__instrument", "job__date__date", "state").annotate(Count("id"), Max("log"))
    for instrument, day, state, number, log in grouped:
        said = f"So far {number} {'product' if number == 1 else 'products'}.  For example: {log}"
        title = f"{instrument} {day}: products {state}"
        yield Breach(Kind.INGESTION, f"{instrument} {day} {state}", title, said, f"/dates/{instrument}/{day}/")


def kept() -> Iterator[Breach]:
    """Files that the archive did not give back within the last day."""
    for row in Event.objects.filter(subject=Ingestion.subject, new=NOT_WITHDRAWN, at__gte=timezone.now() - DAY):
        title = f"{row.name}: a file stays in the product archive"
        yield Breach(Kind.KEPT, str(row.subject_id), title, row.why, "/system/events/?subject=ingestion")


def morning(told: Told) -> Iterator[Breach]:
    """The digest of today, from its time on; written once."""
    now = timezone.now()
    if now.time() >= time.fromisoformat(settings.PHOENIX["DIGEST"]):
        key = f"{now:%Y-%m-%d}"
        yield Breach(Kind.DIGEST, key, f"digest of {key}", "" if (Kind.DIGEST, key) in told else digest.text(now))
