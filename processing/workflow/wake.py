"""Wakes the queue: a message says "take the next one" and names nothing, so losing or doubling it does no harm."""

from enum import StrEnum

from django_q.tasks import async_task


class Stage(StrEnum):
    """The tasks that a message can wake, by their dotted path."""

    PREPARE = "processing.tasks.prepare"
    PROCESS = "processing.tasks.process"
    INGEST = "processing.tasks.ingest"
    FINISH = "processing.tasks.finish"


def wake(stage: Stage, times: int = 1) -> None:
    """Put `times` messages of a stage on the queue."""
    for _ in range(times):
        async_task(stage.value, task_name=stage.name.lower())
