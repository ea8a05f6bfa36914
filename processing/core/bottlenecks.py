"""Where the time of a night or a campaign went, in seconds of workers, and what took the most."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from processing.core.spans import Blocked, Span, total, union


class Cause(StrEnum):
    """What a worker's time goes to."""

    WINDOW = "waiting for the window"
    DOWNLOAD = "download"
    CPU = "CPU"
    INGESTION = "ingestion"
    CHECKS = "checks and scores"
    IDLE = "idle workers"


@dataclass(frozen=True)
class Worked:
    """A job on its worker, in seconds on one clock; what did not happen is None."""

    ready: float
    """From when it only lacked a worker or an open window."""
    claimed: float
    """When it had a worker for itself."""
    freed: float
    """When its recipe and scores were done."""
    started: float | None = None
    """The recipe; from the claim until then its files came."""
    recipe: float = 0.0
    """How long the recipe ran."""
    ingestion: Span | None = None
    """While a worker brought its products to the archive."""

    @property
    def busy(self) -> Sequence[Span]:
        """While it had a worker."""
        return [(self.claimed, self.released), *([self.ingestion] if self.ingestion else [])]

    @property
    def released(self) -> float:
        """When its worker could run another recipe; its scores may still have been made."""
        return min(self.started + self.recipe, self.freed) if self.started is not None and self.recipe else self.freed

    @property
    def fetching(self) -> float:
        """Until its files were there, or were given up."""
        return (self.freed if self.started is None else self.started) - self.claimed


@dataclass(frozen=True)
class Breakdown:
    """The time of all workers from the first job that could have run until the last was done."""

    seconds: Mapping[Cause, float]
    """By cause; together `makespan` times workers, and more only if more workers were there than are said."""
    work: float
    """The sum of the jobs' times on a worker, without ingestion."""
    open: float
    """The makespan without the time in which nothing might start, and nothing ran."""
    workers: int

    @property
    def dominating(self) -> Cause | None:
        """What took the most; of equals the first by the order of `Cause`.  None if there was nothing."""
        first = max(Cause, key=lambda cause: self.seconds.get(cause, 0.0))
        return first if self.seconds.get(first, 0.0) > 0 else None

    @property
    def efficiency(self) -> float | None:
        """Sum(t) / (makespan x cores), of the concept paper's T = t N / cores; 1 is the best."""
        return self.work / (self.open * self.workers) if self.open and self.workers else None

    @property
    def shares(self) -> Mapping[Cause, float]:
        """The parts of each cause; they add up to 1."""
        whole = sum(self.seconds.values())
        return {cause: spent / whole for cause, spent in self.seconds.items()} if whole else {}


def breakdown(
    jobs: Sequence[Worked], workers: int, closed: Iterable[Span] = (), preparing: Iterable[Span] = ()
) -> Breakdown:
    """Attribute the time of so many workers; `closed` are times in which nothing might start, `preparing` those in
    which master calibrations came: who is idle then waits for the window, or for a download."""
    busy = [span for job in jobs for span in job.busy]
    if not busy:
        return Breakdown({}, 0.0, 0.0, workers)
    held = [*busy, *((job.claimed, job.freed) for job in jobs)]
    whole = (min(job.ready for job in jobs), max(end for _, end in held))
    shut = _within(closed, whole)
    fetching = Blocked(shut).outside(_within(preparing, whole))
    window, download = (_idle(spans, busy, workers) for spans in (shut, fetching))
    found = {
        Cause.WINDOW: window,
        Cause.DOWNLOAD: download + sum(job.fetching for job in jobs),
        Cause.CPU: sum(job.recipe for job in jobs),
        Cause.INGESTION: sum(end - start for job in jobs if job.ingestion for start, end in [job.ingestion]),
    }
    left = max(workers * (whole[1] - whole[0]) - sum(found.values()), 0.0)
    # Where another recipe runs meanwhile, they cost nothing.
    checks = sum(max(job.freed - job.started - job.recipe, 0.0) for job in jobs if job.started is not None)
    found[Cause.CHECKS] = min(checks, left)
    found[Cause.IDLE] = left - found[Cause.CHECKS]
    waiting = [(job.ready, job.claimed) for job in jobs]
    counted = total([*held, *Blocked(shut).outside(waiting)])
    return Breakdown(found, sum(job.released - job.claimed for job in jobs), counted, workers)


def _within(spans: Iterable[Span], whole: Span) -> list[Span]:
    return union((max(start, whole[0]), min(end, whole[1])) for start, end in spans)


def _idle(spans: Sequence[Span], busy: Iterable[Span], workers: int) -> float:
    """Worker seconds within these spans in which no job had the worker."""
    blocked = Blocked(spans)
    taken = sum(blocked.until(end) - blocked.until(start) for start, end in busy)
    return max(workers * total(spans) - taken, 0.0)
