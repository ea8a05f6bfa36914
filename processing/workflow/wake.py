"""Wakes the queue: a message says "take the next one" and names nothing, so losing or doubling it does no harm."""

import logging
from enum import StrEnum
from functools import partial
from itertools import chain

from django.conf import settings
from django.db import Error, connection, transaction
from django_q.brokers import get_broker
from django_q.conf import Conf
from django_q.tasks import async_task

from processing.core.roles import Role
from processing.models.products import place

logger = logging.getLogger(__name__)


class QueueAway(Exception):
    """What carries the messages cannot be reached, and is not the database."""


class Stage(StrEnum):
    """The tasks that a message can wake, by their dotted path."""

    PREPARE = "processing.tasks.prepare"
    PROCESS = "processing.tasks.process"
    INGEST = "processing.tasks.ingest"
    FINISH = "processing.tasks.finish"
    FILL = "processing.tasks.fill"

    @property
    def role(self) -> Role:
        """Which hosts do it."""
        return ROLES[self]

    @property
    def here(self) -> bool:
        """Whether this host does it."""
        return self.role in settings.PHOENIX["ROLES"]

    @property
    def queue(self) -> str:
        """Where its messages wait that this host sends."""
        return self.queue_of(place() if self is Stage.INGEST else "")

    def queue_of(self, host: str) -> str:
        """The queue for all hosts (""), or that for products that lie on one host alone."""
        return f"{Conf.PREFIX}.{self.name.lower()}" + (f".{host}" if host else "")


ROLES = {
    Stage.PREPARE: Role.DOWNLOAD,
    Stage.PROCESS: Role.PROCESS,
    Stage.INGEST: Role.INGEST,
    Stage.FINISH: Role.INGEST,
    Stage.FILL: Role.DOWNLOAD,
}


def own() -> list[Stage]:
    """The stages that are this host's work; the one with the most messages comes last."""
    ordered = (Stage.FINISH, Stage.INGEST, Stage.PREPARE, Stage.FILL, Stage.PROCESS)
    return [stage for stage in ordered if stage.here]


def wake(stage: Stage, times: int = 1) -> None:
    """Put `times` messages of a stage on its queue; if it is away, that is only noted, since the sweep wakes again.

    In a transaction, the database as broker takes the messages along with it, and raises what spoils it; Redis gets
    them after the commit, before which nobody could see what is due.
    """
    if connection.in_atomic_block and not Conf.ORM:
        transaction.on_commit(partial(send, stage, times))
    else:
        send(stage, times)


def send(stage: Stage, times: int) -> None:
    """The messages, up to the first that nobody takes."""
    try:
        for _ in range(times):
            async_task(stage.value, task_name=stage.name.lower(), cluster=stage.queue)
    except (Error, QueueAway) as error:
        if connection.in_atomic_block and Conf.ORM:
            raise
        connection.close_if_unusable_or_obsolete()
        logger.warning("the queue did not take a message, the next sweep sends another: %s", error)


def queued(*hosts: str) -> dict[Stage, int] | None:
    """How many messages of each stage wait to be taken, also those for these hosts alone; None if Redis is away.

    Raises as ever if the database is.
    """
    queues = {stage: {stage.queue} for stage in Stage}
    queues[Stage.INGEST] |= {Stage.INGEST.queue_of(host) for host in hosts}
    try:
        found = get_broker().lengths(list(chain.from_iterable(queues.values())))
    except QueueAway as error:
        logger.warning("the queue cannot be reached: %s", error)
        return None
    return {stage: sum(found[queue] for queue in names) for stage, names in queues.items()}
