"""How long a recipe will run: learned from the runs before, per recipe, setup, binning and number of frames."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import exp, isfinite, log, sqrt
from statistics import NormalDist, median
from typing import Any

WEIGHT = 3.0
"""As many runs a coarser group counts when a finer one is judged."""
SHORTEST = 1e-3
"""Seconds; shorter runs count as this."""
# The standard deviation of normally distributed values over their median absolute deviation, and that of their
# median over that of their mean (Huber, Robust Statistics, 1981, sections 1.2 and 5.1).
MAD_TO_SIGMA, MEDIAN_TO_MEAN = 1.4826, 1.2533
LATE = 0.9
"""The part of all runs that are done within `Prediction.late`."""
_BINNED = re.compile(r"(.*)_([0-9?]+x[0-9?]+)")

Group = tuple[str | int, ...]


@dataclass(frozen=True)
class Kind:
    """What the run time of a job depends on."""

    recipe: str
    setup: str = ""
    binning: str = ""
    frames: int = 1

    @property
    def groups(self) -> Sequence[Group]:
        """From the coarsest to the finest."""
        return (), (self.recipe,), (self.recipe, self.setup), (self.recipe, self.setup, self.binning), self.finest

    @property
    def finest(self) -> Group:
        """Runs of this very kind."""
        return self.recipe, self.setup, self.binning, self.frames


@dataclass(frozen=True)
class Run:
    """A recipe that ran to its end."""

    kind: Kind
    seconds: float


@dataclass(frozen=True)
class Prediction:
    """A log-normal distribution of run times."""

    seconds: float
    """The median."""
    spread: float
    """Standard deviation of the natural logarithm; it contains how little is known of the median."""
    runs: int = 0
    """How many of this very kind it is learned from; 0: all comes from coarser groups or the prior."""

    def within(self, part: float) -> float:
        """Seconds in which this part of such runs are done; 0 < part < 1."""
        return self.seconds * exp(self.spread * NormalDist().inv_cdf(part))

    @property
    def late(self) -> float:
        """Seconds in which nine of ten are done."""
        return self.within(LATE)


PRIOR = Prediction(60.0, 1.0)
"""For a single frame where there is no history.

The median is of the order of the concept paper's UVES nights: 50-100 ABs in 1-2 hours; the spread says nearly nothing.
"""


@dataclass(frozen=True)
class Level:
    """What is known of a group: of log seconds per frame, or of log seconds in the finest groups."""

    number: int
    middle: float
    scatter: float


@dataclass(frozen=True)
class Learned:
    """What the history says; without one, the prior."""

    levels: Mapping[Group, Level] = field(default_factory=dict)
    prior: Prediction = PRIOR


def kind_of(recipe: str, setup: str, frames: int) -> Kind:
    """From the setup word of an AB, such as `RED580_2x2`; one without a binning is taken whole."""
    found = _BINNED.fullmatch(setup)
    name, binning = found.groups() if found else (setup, "")
    return Kind(recipe, name, binning, max(frames, 1))


def learn(runs: Iterable[Run], prior: Prediction = PRIOR) -> Learned:
    """Groups of all sizes from past runs; those with times that are no positive numbers are left out."""
    logs: dict[Group, list[float]] = defaultdict(list)
    for run in runs:
        if not (isfinite(run.seconds) and run.seconds > 0):
            continue
        seconds = log(max(run.seconds, SHORTEST))
        for group in run.kind.groups[:-1]:
            logs[group].append(seconds - log(run.kind.frames))
        logs[run.kind.finest].append(seconds)
    return Learned({group: _level(values) for group, values in logs.items()}, prior)


def rows_of(learned: Learned) -> list[list[str | float]]:
    """As lists that JSON can hold; `learned_of` makes the same of them."""
    return [[*group, level.number, level.middle, level.scatter] for group, level in learned.levels.items()]


def learned_of(rows: Iterable[Sequence[Any]], prior: Prediction = PRIOR) -> Learned:
    """From what `rows_of` gave."""
    return Learned({tuple(row[:-3]): Level(*row[-3:]) for row in rows}, prior)


def predict(learned: Learned, kind: Kind) -> Prediction:
    """The run time of a job of this kind.

    Each group's median of log times is drawn to that of the next coarser one as if that were `WEIGHT` runs; so is
    the scatter.  Coarser groups know seconds per frame, and time grows with the number of frames until runs with
    that number say otherwise.
    """
    known = log(learned.prior.seconds), learned.prior.spread
    levels = [learned.levels.get(group) for group in kind.groups]
    for level, finer in pairwise(levels):
        # A group that has no runs beside those of the finer one would count them twice.
        if level and level.number > (finer.number if finer else 0):
            known = _drawn(level, *known)
    known, finest = (known[0] + log(kind.frames), known[1]), levels[-1]
    middle, scatter = _drawn(finest, *known) if finest else known
    number = finest.number if finest else 0
    unsure = MEDIAN_TO_MEAN * scatter / sqrt(number + WEIGHT)
    return Prediction(exp(middle), sqrt(scatter**2 + unsure**2), number)


def _level(values: Sequence[float]) -> Level:
    middle = median(values)
    return Level(len(values), middle, MAD_TO_SIGMA * median(abs(value - middle) for value in values))


def _drawn(own: Level, middle: float, scatter: float) -> tuple[float, float]:
    """The middle and scatter of a group, drawn to those of the coarser one."""
    drawn = (own.number * own.middle + WEIGHT * middle) / (own.number + WEIGHT)
    # A single run tells nothing of the scatter.
    pairs = own.number - 1
    return drawn, sqrt((pairs * own.scatter**2 + WEIGHT * scatter**2) / (pairs + WEIGHT))
