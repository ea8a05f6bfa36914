"""Room on a host: what a claim finds there for one more job."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from django.db import connection
from django.utils import timezone

from processing.core.limits import Need, Offer, Taken, places, room, waits
from processing.core.states import JobState

if TYPE_CHECKING:
    from processing.models.jobs import Job, JobQuerySet


@dataclass(frozen=True)
class Room:
    """What a host offers, and what runs there."""

    offer: Offer
    running: Sequence[Taken]

    @classmethod
    def locked(cls, jobs: "JobQuerySet", owner: str, offer: Offer) -> Self:
        """That of an owner's host; until the transaction ends, no other claim on that host counts the same room."""
        host = host_of(owner)
        if connection.vendor == "postgresql":  # elsewhere, writers wait for each other as it is
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"phoenix room {host}"])
        return cls(offer, taken(jobs).get(host, []))

    def first(self, queue: "JobQuerySet") -> "Job | None":
        """The first of a queue if it fits; else the first that fits, and is done before that one can start."""
        if self.offer.refused(len(self.running)):
            return None
        if self.running and not places(self.offer.host.jobs, len(self.running)):
            return None
        quiet = queue.filter(certificate__memory__lte=self.offer.spare) if self.offer.guard else queue
        head = quiet.first()
        if head is None or head.certificate is None:
            return head
        need, needs = head.certificate.need, [one.need for one in self.running]
        return head if room(self.offer.host, needs, need) else self._passing(quiet, need)

    def _passing(self, queue: "JobQuerySet", head: Need) -> "Job | None":
        """The first beside those that run that does not keep the head of the queue from its start."""
        free, span = self.offer.free(self.running), waits(self.offer.host, self.running, head)
        small = queue.filter(certificate__cores__lte=free.cores, certificate__memory__lte=free.memory)
        return small.filter(late_seconds__lte=span).first()


def host_of(owner: str) -> str:
    """The host in an owner's name."""
    return owner.partition(":")[0]


def taken(jobs: "JobQuerySet") -> dict[str, list[Taken]]:
    """What runs on each host; one query."""
    columns = ("owner", "certificate__cores", "certificate__memory", "expected_seconds", "claimed")
    now, found = timezone.now(), dict[str, list[Taken]]()
    for owner, cores, memory, expected, claimed in jobs.filter(state=JobState.RUNNING).order_by().values_list(*columns):
        left = max(expected - (now - claimed).total_seconds(), 0.0)
        found.setdefault(host_of(owner), []).append(Taken(Need(cores, memory), left))
    return found
