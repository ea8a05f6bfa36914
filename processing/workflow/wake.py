"""Wakes the queue: a message says "take the next one" and names nothing, so losing or doubling it does no harm."""

import logging
from enum import StrEnum
from functools import partial

from django.db import Error, connection, transaction
from django_q.brokers import get_broker
from django_q.conf import Conf
from django_q.tasks import async_task
from redis import RedisError

logger = logging.getLogger(__name__)


class Stage(StrEnum):
    """The tasks that a message can wake, by their dotted path."""

    PREPARE = "processing.tasks.prepare"
    PROCESS = "processing.tasks.process"
    INGEST = "processing.tasks.ingest"
    FINISH = "processing.tasks.finish"
    FILL = "processing.tasks.fill"


def wake(stage: Stage, times: int = 1) -> None:
    """Put `times` messages of a stage on the queue; if it is away, that is only noted, since the sweep wakes again.

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
            async_task(stage.value, task_name=stage.name.lower())
    except (Error, RedisError) as error:
        if connection.in_atomic_block and Conf.ORM:
            raise
        connection.close_if_unusable_or_obsolete()
        logger.warning("the queue did not take a message, the next sweep sends another: %s", error)


def queued() -> int | None:
    """How many messages wait to be taken; None if Redis is away.  Raises as ever if the database is."""
    try:
        return int(get_broker().queue_size())
    except RedisError as error:
        logger.warning("the queue cannot be reached: %s", error)
        return None
