"""Scores: measured parameters held against thresholds; 0 is good, 1 is flagged, None is not scored.

A score informs and decides nothing; the one gate is `no_signal`.  Thresholds are kept with every score,
because they change (ESO's scoreQC; eso.org/qc/ALL/score_help.html).
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Measurement(NamedTuple):
    """One QC1 parameter.  `value` may be NaN or infinite: whoever stores it decides."""

    name: str
    chip: str
    """Detector suffix such as REDL; empty for the AB as a whole."""
    value: float
    unit: str = ""


@dataclass(frozen=True)
class Rule:
    """A named bit: the parameter must lie within [low, high]; None leaves that side open."""

    name: str
    parameter: str
    low: float | None = None
    high: float | None = None


class Score(NamedTuple):
    """One bit of the score string of one chip."""

    rule: Rule
    position: int
    chip: str
    value: float | None
    flag: int | None


def flag(value: float, rule: Rule) -> int:
    """1 if the value is outside of the rule's range, or is no number."""
    if not math.isfinite(value):
        return 1
    return int((rule.low is not None and value < rule.low) or (rule.high is not None and value > rule.high))


def score(rules: Sequence[Rule], measured: Sequence[Measurement]) -> list[Score]:
    """One score per rule and chip on which its parameter was measured; one unscored bit if on none."""
    scores: list[Score] = []
    of: dict[str, list[Measurement]] = defaultdict(list)
    for one in measured:
        of[one.name].append(one)
    for position, rule in enumerate(rules):
        found = of.get(rule.parameter, ())
        scores += [Score(rule, position, m.chip, m.value, flag(m.value, rule)) for m in found]
        if not found:
            scores.append(Score(rule, position, "", None, None))
    return scores


def total(scores: Iterable[Score]) -> int:
    """The number of flagged bits; 0 is the best."""
    return sum(score.flag or 0 for score in scores)


def no_signal(measured: Iterable[Measurement], parameter: str, least: float) -> bool:
    """True if the parameter is below `least`, or is no number, on every chip, or was measured on none.

    One good chip saves the AB: a red one may be half good.
    """
    return not any(math.isfinite(m.value) and m.value >= least for m in measured if m.name == parameter)
