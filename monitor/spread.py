"""How numbers spread: percentiles, and the deviation that a few wild ones do not change."""

from collections.abc import Sequence
from statistics import median

# Scales a median absolute deviation to the standard deviation of a normal distribution.
TO_SIGMA = 1.4826


def percentile(values: Sequence[float], percent: float) -> float:
    """Below which so many per cent of the values lie, between two of them in proportion; there must be one."""
    ordered = sorted(values)
    at = (len(ordered) - 1) * percent / 100
    below = int(at)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (at - below)


def deviation(values: Sequence[float], middle: float) -> float:
    """Median absolute deviation from the median; there must be a value."""
    return median(abs(value - middle) for value in values)
