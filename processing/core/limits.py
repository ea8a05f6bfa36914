"""What else a job needs to start: room on its host, a place among those of its instrument, a quiet machine."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any, Self

HOUR = 3600.0
SOON = 60.0
"""Seconds before the end of a job in which the next one is claimed, and its files fetched."""


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
    jobs: int | None = None
    """The most at once, of all its workers together."""
    ahead: int = 0
    """Jobs that may be claimed before there is room: their files are fetched, and they wait until they can start."""


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


@dataclass(frozen=True)
class Taken:
    """What a job that runs has of its host."""

    need: Need
    left: float
    """Seconds until it is expected to be done; 0 if it should be already."""
    started: bool = True
    """False of one that was claimed ahead, and waits."""


@dataclass(frozen=True)
class Offer:
    """What a host offers at this moment; by day it has a guard, and is looked at."""

    host: Host
    guard: Guard | None = None
    load: Load | None = None

    def refused(self, running: int, need: Need = Need()) -> str:
        """Why the daytime work lets nothing start, in words; empty if it does, and at night."""
        return disturbed(self.guard, self.load, need, running) if self.guard and self.load else ""

    @property
    def spare(self) -> float:
        """The most memory of one job, in GB, that leaves the daytime work its own."""
        return self.load.free_memory - self.guard.free_memory if self.guard and self.load else inf

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Self:
        """An offer from what `dataclasses.asdict` made of it."""
        guard, load = told["guard"], told["load"]
        return cls(Host(**told["host"]), Guard(**guard) if guard else None, Load(**load) if load else None)

    def free(self, running: Iterable[Taken]) -> Need:
        """What those that run leave of cores and memory."""
        taken = [one.need for one in running]
        cores, memory = sum(one.cores for one in taken), sum(one.memory for one in taken)
        return Need(self.host.cores - cores, self.host.memory - memory)


def room(host: Host, running: Iterable[Need], need: Need) -> bool:
    """Whether a job fits beside those that run.

    On an empty host any job does, even if it asks for more than there is: else it would wait for ever.
    """
    taken = list(running)
    cores = sum(one.cores for one in taken) + need.cores
    memory = sum(one.memory for one in taken) + need.memory
    return not taken or (cores <= host.cores and memory <= host.memory and places(host.jobs, len(taken)))


def early(host: Host, running: Sequence[Taken], need: Need) -> bool:
    """Whether a job may be claimed before it has room: one of those that run will be done soon.

    Only cores and places are so promised: memory must be there for all that are claimed.
    """
    memory = sum(one.need.memory for one in running) + need.memory
    soon = any(one.started and one.left <= SOON for one in running)
    return soon and memory <= host.memory and sum(not one.started for one in running) < host.ahead


def waits(host: Host, running: Iterable[Taken], need: Need) -> float:
    """Seconds until a job fits, if those that run end as expected; 0 if it fits already, or should.

    Only what is done by then may pass it: so it waits for those that run, and for nothing that comes later
    (backfilling with one reservation: D. A. Lifka, LNCS 949, 295, 1995).
    """
    still = sorted(running, key=lambda one: one.left)
    passed = 0.0
    while not room(host, (one.need for one in still), need):
        passed = still.pop(0).left
    return passed


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


def unmet(offer: Offer, running: Sequence[Taken], need: Need) -> str:
    """What of a host keeps a job waiting, in words; empty if it may start."""
    if why := offer.refused(len(running), need):
        return why
    if room(offer.host, (one.need for one in running), need):
        return ""
    if not places(offer.host.jobs, len(running)):
        return f"{len(running)} of at most {offer.host.jobs} jobs run"
    free, host = offer.free(running), offer.host
    memory = f" and {max(free.memory, 0):.1f} of {host.memory:.1f} GB" if need.memory else ""
    asked = f" and {need.memory:g} GB" if need.memory else ""
    return f"it needs {need.cores} cores{asked}; {max(free.cores, 0)} of {host.cores} cores{memory} are free"


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
