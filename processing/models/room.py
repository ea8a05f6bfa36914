"""Room on a host: what a claim finds there for one more job."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from django.apps import apps
from django.db import connection, models
from django.utils import timezone

from processing.core.limits import Need, Offer, Taken, early, places, room, waits
from processing.core.states import JobState
from processing.models.composed import Composed

if TYPE_CHECKING:
    from processing.models.jobs import Job
    from processing.models.queue import Queue


@dataclass(frozen=True)
class Room:
    """What a host offers, and what runs there."""

    offer: Offer
    running: Sequence[Taken]

    @classmethod
    def locked(cls, owner: str, offer: Offer) -> Self:
        """That of an owner's host; until the transaction ends, no other claim on that host counts the same room."""
        host = host_of(owner)
        if connection.vendor == "postgresql":  # elsewhere, writers wait for each other as it is
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"phoenix room {host}"])
        return cls(offer, taken().get(host, []))

    @property
    def full(self) -> bool:
        """Whether no job at all can be claimed."""
        if self.offer.refused(len(self.running)):
            return True
        host = self.offer.host
        return bool(self.running) and not (places(host.jobs, len(self.running)) or early(host, self.running, Need()))

    def first(self, head: "Callable[[], Job | None]", queue: "Callable[[], Queue]") -> "Job | None":
        """The head of a queue if it fits; else the first that fits, and is done before that one can start."""
        job = queue().filter(self.quiet).first() if self.offer.guard else head()
        if job is None or job.certificate is None:
            return job
        need, host = job.certificate.need, self.offer.host
        if room(host, (one.need for one in self.running), need) or early(host, self.running, need):
            return job
        return self._passing(queue().filter(self.quiet), need) if places(host.jobs, len(self.running)) else None

    @property
    def quiet(self) -> models.Q:
        """The condition on jobs that they leave the daytime work its memory."""
        return models.Q(certificate__memory__lte=self.offer.spare) if self.offer.guard else models.Q()

    def _passing(self, queue: "Queue", need: Need) -> "Job | None":
        """The first beside those that run that does not keep the head of the queue from its start."""
        free, span = self.offer.free(self.running), waits(self.offer.host, self.running, need)
        small = queue.filter(certificate__cores__lte=free.cores, certificate__memory__lte=free.memory)
        return small.filter(late_seconds__lte=span).first()


def host_of(owner: str) -> str:
    """The host in an owner's name."""
    return owner.partition(":")[0]


def taken() -> dict[str, list[Taken]]:
    """What runs on each host, or was claimed to run there; one query."""
    now, found = timezone.now(), dict[str, list[Taken]]()
    for row in RUNNING.ask():
        left = max(row.expected_seconds - (now - (row.started or row.claimed)).total_seconds(), 0.0)
        need = Need(row.certificate__cores, row.certificate__memory)
        found.setdefault(host_of(row.owner), []).append(Taken(need, left, started=row.started is not None))
    return found


def running() -> "models.QuerySet[Job, Any]":
    """What is asked of them."""
    columns = ("owner", "certificate__cores", "certificate__memory", "expected_seconds", "claimed", "started")
    rows = apps.get_model("processing", "Job")._default_manager.filter(state=JobState.RUNNING)
    return rows.order_by().values_list(*columns)


RUNNING = Composed(running)
