"""A broker of django-q2 that serves several queues: one cluster takes the messages of all roles of its host.

django-q2's own brokers serve one queue each, so that a host of three roles would have three clusters.
"""

import time
from collections.abc import Sequence

from django.db.models import Count
from django.utils import timezone
from django_q.brokers.orm import ORM
from django_q.conf import Conf

from processing.workflow.wake import own


def served() -> list[str]:
    """The queues of this host: those of its roles, and that of the schedule, which every host serves."""
    return [Conf.CLUSTER_NAME, *(stage.queue for stage in own())]


class ThroughDatabase(ORM):  # type: ignore[misc]
    """Messages as rows of a table."""

    def dequeue(self) -> list[tuple[int, str]]:
        """The next messages, locked for this cluster; none after a pause."""
        found = list(self.get_connection().filter(key__in=served(), lock__lt=timezone.now())[: Conf.BULK])
        if not found:
            time.sleep(Conf.POLL)
        return [(row.pk, row.payload) for row in found if self.take(row.pk, row.lock)]

    def take(self, number: int, lock: object) -> bool:
        """Lock a message unless another cluster was faster."""
        return bool(self.get_connection().filter(pk=number, lock=lock).update(lock=self.timeout(None)))

    def lengths(self, queues: Sequence[str]) -> dict[str, int]:
        """How many messages wait in each queue; one query."""
        rows = self.get_connection().filter(key__in=queues, lock__lte=timezone.now()).order_by()
        return dict.fromkeys(queues, 0) | dict(rows.values_list("key").annotate(Count("id")))
