"""Spans of time in seconds: their union, what of them is outside of others, how many there are at once."""

from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate

Span = tuple[float, float]


def union(spans: Iterable[Span]) -> list[Span]:
    """The same time without overlaps, in order; empty spans and those that end before they begin are left out."""
    found: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def total(spans: Iterable[Span]) -> float:
    """The time that is in any of them."""
    return sum(end - start for start, end in union(spans))


def peak(spans: Iterable[Span]) -> int:
    """The most that there are at once; one that begins when another ends does not overlap it."""
    changes = sorted((time, step) for start, end in spans if start < end for time, step in ((start, 1), (end, -1)))
    return max(accumulate(step for _, step in changes), default=0)


class Blocked:
    """Time that does not count."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self.spans = union(spans)
        self.starts = [start for start, _ in self.spans]
        self.before = [0.0, *accumulate(end - start for start, end in self.spans)]

    def until(self, time: float) -> float:
        """How much of it lies before a time."""
        number = bisect_right(self.starts, time)
        if not number:
            return 0.0
        start, end = self.spans[number - 1]
        return self.before[number - 1] + min(end, time) - start

    def free(self, start: float, end: float) -> float:
        """How much of a span counts."""
        return max(0.0, end - start - (self.until(end) - self.until(start)))

    def outside(self, spans: Iterable[Span]) -> list[Span]:
        """The parts of spans that count."""
        found = []
        for start, end in union(spans):
            first = max(bisect_right(self.starts, start) - 1, 0)
            for blocked_start, blocked_end in self.spans[first : bisect_right(self.starts, end)]:
                found.append((start, min(end, blocked_start)))
                start = max(start, blocked_end)  # noqa: PLW2901 - what is left of the span
            found.append((start, end))
        return union(found)
