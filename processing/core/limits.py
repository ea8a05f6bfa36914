"""What else a job needs to start: room on its host, a place among those of its instrument, a quiet machine."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf

HOUR = 3600.0


@dataclass(frozen=True)
class Need:
    """What a job of a certificate takes of a host."""

    cores: int = 1
    memory: float = 0.0
    """GB."""


@dataclass(frozen=True)
class Host:
    """What a host has for jobs."""

    cores: int
    memory: float = inf
    """GB."""


@dataclass(frozen=True)
class Load:
    """How busy a machine is, with everything that runs on it."""

    per_core: float
    """The load average over the number of cores."""
    free_memory: float
    """GB."""


@dataclass(frozen=True)
class Guard:
    """What daytime work on the same machine is left: it holds outside the window."""

    jobs: int = 0
    """The most that run outside their window."""
    per_core: float = 0.7
    free_memory: float = 2.0
    """GB that stay free beyond what the job needs."""


def room(host: Host, running: Iterable[Need], need: Need) -> bool:
    """Whether a job fits beside those that run.

    On an empty host any job does, even if it asks for more than there is: else it would wait for ever.
    """
    taken = list(running)
    cores = sum(one.cores for one in taken) + need.cores
    memory = sum(one.memory for one in taken) + need.memory
    return not taken or (cores <= host.cores and memory <= host.memory)


def places(limit: int | None, running: int) -> bool:
    """Whether an instrument or a host may have one more job; None is no limit."""
    return limit is None or running < limit


def disturbed(guard: Guard, load: Load, need: Need, running: int) -> str:
    """Why nothing starts outside the window, in words; empty if a job may."""
    if running >= guard.jobs:
        return f"{running} of at most {guard.jobs} run outside the window"
    if load.per_core > guard.per_core:
        return f"the machine's load is {load.per_core:.2f} per core, more than {guard.per_core:g}"
    if load.free_memory - need.memory < guard.free_memory:
        return f"{load.free_memory:.1f} GB of memory are free; {need.memory + guard.free_memory:g} GB are needed"
    return ""


def next_start(starts: Sequence[float], now: float, per_hour: int | None) -> float:
    """When the next job of a campaign may start under its rate cap: `now`, or later.

    `starts` are the times of its last starts, in seconds on the clock of `now`, in any order.  In no span of one
    hour do more than `per_hour` start.  None is no cap; 0 lets nothing start.
    """
    if per_hour is None:
        return now
    if per_hour <= 0:
        return inf
    latest = sorted(starts)[-per_hour:]
    return max(now, latest[0] + HOUR) if len(latest) == per_hour else now
