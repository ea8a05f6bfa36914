"""A virtual clock: workers that take jobs by the rules of processing/core/turn.py, in no time at all."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from processing.core.bottlenecks import Worked
from processing.core.prediction import Kind
from processing.core.schedule import Window
from processing.core.turn import Closing, Waiting, closing, in_turn, next_job

DISPATCH = 0.04
"""Seconds between two jobs of a worker: what phoenix may take of a job at most."""


@dataclass(frozen=True)
class Job:
    """An AB: what is predicted of it, and what nobody knows before it has run."""

    waiting: Waiting
    kind: Kind
    actual: float


@dataclass(frozen=True)
class Night:
    """What is to be done, in the order in which it came."""

    jobs: Sequence[Job]


@dataclass(frozen=True)
class Simulated:
    """The surroundings of a simulation."""

    begin: datetime
    window: Window
    workers: int
    in_turn: bool = True
    """False: first come, first served."""
    overrun: bool = False


@dataclass(frozen=True)
class Ran:
    """A job that ran; seconds since the beginning."""

    job: Job
    start: float

    @property
    def end(self) -> float:
        """When its worker was free again."""
        return self.start + self.job.actual

    def at(self, begin: datetime) -> datetime:
        """When it started, UTC."""
        return begin + timedelta(seconds=self.start)

    @property
    def worked(self) -> Worked:
        """For the breakdown of a night: all of it is recipe."""
        return Worked(0.0, self.start, self.end, self.start, self.job.actual)


def simulate(night: Night, around: Simulated) -> list[Ran]:
    """Every worker takes the next job when it is free, and waits for the next window when there is none for it."""
    jobs = {job.waiting.id: job for job in night.jobs}
    came = [job.waiting for job in night.jobs]
    waiting = in_turn(came) if around.in_turn else came
    ran, free = list[Ran](), [0.0] * around.workers
    while waiting:
        now = heapq.heappop(free)
        chosen = choose(waiting, now, around)
        if chosen is None:
            heapq.heappush(free, opening(now, around))
            continue
        waiting.remove(chosen)
        ran.append(Ran(jobs[chosen.id], now + DISPATCH))
        heapq.heappush(free, ran[-1].end)
    return ran


def choose(waiting: list[Waiting], now: float, around: Simulated) -> Waiting | None:
    """The job that starts now."""
    moment = around.begin + timedelta(seconds=now + DISPATCH)
    remaining = closing(around.window, moment) if around.in_turn else Closing()
    return next_job(waiting, remaining, overrun=around.overrun) if around.window.is_open(moment) else None


def opening(now: float, around: Simulated) -> float:
    """When the next window opens after this one."""
    moment = around.begin + timedelta(seconds=now + DISPATCH)
    after = around.window.closing_after(moment) if around.window.is_open(moment) else moment
    return (around.window.next_opening(after) - around.begin).total_seconds()


def makespan(ran: Sequence[Ran]) -> float:
    """From the beginning until the last worker is free, in seconds."""
    return max(job.end for job in ran)


def bound(night: Night, workers: int) -> float:
    """No schedule is shorter: all work shared equally, or the longest job."""
    times = [job.actual for job in night.jobs]
    return max(sum(times) / workers, *times)
