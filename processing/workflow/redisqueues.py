"""The broker of django-q2 for Redis that serves several queues, as `queues` does for the database."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django_q.brokers.redis_broker import Redis
from redis import RedisError

from processing.workflow.queues import served
from processing.workflow.wake import QueueAway


class ThroughRedis(Redis):  # type: ignore[misc]
    """Messages as lists, of which the first that has one is served first."""

    def enqueue(self, task: str) -> int:
        """Send a message.  Raises `QueueAway`."""
        with reached():
            return int(super().enqueue(task))

    def dequeue(self) -> list[tuple[None, bytes]]:
        """The next message; none after a second."""
        found = self.connection.blpop([listed(queue) for queue in served()], 1)
        return [(None, found[1])] if found else []

    def lengths(self, queues: Sequence[str]) -> dict[str, int]:
        """How many messages wait in each queue; one request.  Raises `QueueAway`."""
        with reached(), self.connection.pipeline(transaction=False) as line:
            for queue in queues:
                line.llen(listed(queue))
            return dict(zip(queues, line.execute(), strict=True))


def listed(queue: str) -> str:
    """The name of a queue's list, as django-q2 gives it to who sends."""
    return f"django_q:{queue}:q"


@contextmanager
def reached() -> Iterator[None]:
    """Tells what Redis has to say in words that do not need it."""
    try:
        yield
    except RedisError as error:
        raise QueueAway(str(error)) from error
