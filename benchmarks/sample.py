"""Made-up nights of a site: kinds of jobs whose run times have a heavy tail, and scatter from run to run."""

import math
import random
from datetime import date

from benchmarks.clock import Job, Night
from processing.core.prediction import Kind, Learned, predict
from processing.core.turn import Waiting

# The concept paper: 50-100 ABs in 1-2 hours on a dual-core machine, 72 s of wall-clock time each if both share them.
FEWEST, MOST = 50, 100
MEDIAN, KINDS_SIGMA, RUN_SIGMA = 60.0, 0.8, 0.25
SETUPS, BINNINGS, FRAMES = 12, ("1x1", "2x2"), (1, 1, 1, 1, 2, 2, 4, 8)
ODD, ODD_TIMES = 0.01, 3.0
"""Once in so many runs a recipe takes so many times as long, which nothing tells beforehand."""


class Site:
    """An instrument; the same seed gives the same nights."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - the same each time
        self.setups = {f"S{n}": MEDIAN * self.chance.lognormvariate(0, KINDS_SIGMA) for n in range(SETUPS)}
        # Some setups are asked for often, most of them seldom.
        self.weights = [1 / (n + 1) for n in range(SETUPS)]
        self.number = 0

    def night(self, day: date, learned: Learned) -> Night:
        """One date, with what is predicted of it by what has been learned."""
        return Night([self.job(day, learned) for _ in range(self.chance.randint(FEWEST, MOST))])

    def job(self, day: date, learned: Learned) -> Job:
        """One AB."""
        (setup,) = self.chance.choices(list(self.setups), self.weights)
        kind = Kind("recipe", setup, self.chance.choice(BINNINGS), self.chance.choice(FRAMES))
        # Four times the pixels take three times as long; stacking has a part that does not grow.
        size = {"1x1": 1.0, "2x2": 1 / 3}[kind.binning]
        typical = self.setups[setup] * size * (0.3 + 0.7 * kind.frames)
        actual = typical * math.exp(self.chance.gauss(0, RUN_SIGMA))
        if self.chance.random() < ODD:
            actual *= ODD_TIMES
        self.number += 1
        prediction = predict(learned, kind)
        return Job(Waiting(self.number, day, prediction.seconds, prediction.late), kind, actual)
