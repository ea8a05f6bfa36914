"""The hosts as a page shows them: who is there, in which roles and versions, and what waits for whom."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, Q, QuerySet
from django.db.models.functions import Now

from processing import control
from processing.control import Stage
from processing.core.roles import Role
from processing.core.states import DateState, JobState
from processing.models import Event, Ingestion, Job, ProcessingDate, Worker
from processing.models.products import PENDING
from processing.models.workers import SILENT

NAMED = 8
"""Hosts of a role that are named; a farm has hundreds."""


def workers() -> QuerySet[Worker]:
    """Every worker with its last sign of life; `alive` if that was within the last minute."""
    return Worker.objects.annotate(alive=Q(seen__gt=Now() - SILENT)).order_by("host", "name")


def common_version(rows: Sequence[Worker]) -> str:
    """That of most workers, of those that live if any does; this page's own among equals, and without workers."""
    living = [row.version for row in rows if getattr(row, "alive", False)]
    counted = Counter(living or [row.version for row in rows])
    return max(counted, key=lambda one: (counted[one], one == control.VERSION), default=control.VERSION)


@dataclass(frozen=True)
class Queue:
    """What waits for one stage of the engine."""

    what: str
    role: Role
    number: int
    due: int
    """How many of them could start now."""
    oldest: datetime | None
    messages: int | None
    """Messages that nobody has taken; None if the queue cannot be reached."""
    hosts: Sequence[str]
    """The living hosts of the role."""

    @property
    def by(self) -> str:
        """The hosts in words; of many only some."""
        more = len(self.hosts) - NAMED
        return ", ".join(self.hosts[:NAMED]) + (f" and {more} more" if more > 0 else "")

    @property
    def unserved(self) -> str:
        """That nobody does it, and what to do; empty if somebody does, or nothing waits."""
        return control.unserved(self.role) if self.number and not self.hosts else ""


def queues(rows: Iterable[Worker], alone: Iterable[str]) -> Sequence[Queue]:
    """The four stages, in an AB's order; a constant number of queries.  `alone`: hosts that alone have products."""
    due, messages, serving = control.due(), control.queued(*alone), hosts_by_role(rows)
    jobs = Job.objects.filter(state=JobState.WAITING)
    items = Ingestion.objects.filter(state__in=PENDING)
    counted: Sequence[tuple[Stage, str, Mapping[str, Any]]] = (
        (Stage.PREPARE, "dates to prepare", to_prepare()),
        (Stage.PROCESS, "jobs to process", jobs.aggregate(number=Count("id"), at=Min("registered"))),
        (Stage.INGEST, "products to ingest", items.aggregate(number=Count("id"), at=Min("queued"))),
        (Stage.FINISH, "dates to end", to_end()),
    )
    return [
        Queue(
            what,
            stage.role,
            n["number"],
            due[stage],
            n["at"],
            messages[stage] if messages else None,
            serving[stage.role],
        )
        for stage, what, n in counted
    ]


def hosts_by_role(rows: Iterable[Worker]) -> Mapping[Role, Sequence[str]]:
    """The hosts of living workers, for each role."""
    living = [row for row in rows if getattr(row, "alive", False)]
    return {role: sorted({row.host for row in living if role in row.role_names}) for role in Role}


def to_prepare() -> Mapping[str, Any]:
    """Number of dates that wait for their calibrations, and since when the oldest does."""
    dates = ProcessingDate.objects.filter(state=DateState.REGISTERED)
    return dates.aggregate(number=Count("id"), at=Min("registered"))


def to_end() -> Mapping[str, Any]:
    """The same of dates that are to be cleaned up."""
    dates = ProcessingDate.objects.filter(state=DateState.FINISHING).values("pk")
    last = Event.objects.filter(subject="date", new=DateState.FINISHING, subject_id__in=dates)
    return last.aggregate(number=Count("subject_id", distinct=True), at=Min("at"))


@dataclass(frozen=True)
class Alone:
    """Products that only one host can ingest, since they lie in a work folder of its own."""

    host: str
    number: int
    alive: bool


def products_alone(rows: Iterable[Worker]) -> Sequence[Alone]:
    """By host; one query."""
    living = {row.host for row in rows if getattr(row, "alive", False)}
    items = Ingestion.objects.filter(state__in=PENDING).exclude(place="").order_by("place").values_list("place")
    return [Alone(host, number, host in living) for host, number in items.annotate(Count("id"))]
