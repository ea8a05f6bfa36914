"""How far a campaign is, how fast it goes, and when it will be done."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt
from statistics import NormalDist

from processing.core.schedule import Window

START = 1800.0
"""Seconds for which every worker is taken to be busy before anything was seen; the longer it goes, the less it counts.
"""
FIRST = 5.0
"""As many jobs, that took what was predicted, are taken to be done at the start."""
DOUBT = 0.7
"""The relative scatter of those."""
DAY = timedelta(days=1)
CONFIDENCE = 0.8
"""The part of all campaigns that end between the earliest and the latest time."""


@dataclass(frozen=True)
class Done:
    """Finished jobs: sums of predicted and actual seconds, of their squares and of their products."""

    jobs: int = 0
    predicted: float = 0.0
    actual: float = 0.0
    predicted_squares: float = 0.0
    actual_squares: float = 0.0
    products: float = 0.0


@dataclass(frozen=True)
class Left:
    """Jobs that are not finished: sums of their predicted seconds and of the squares; the longest."""

    jobs: int = 0
    predicted: float = 0.0
    predicted_squares: float = 0.0
    longest: float = 0.0
    elapsed: float = 0.0
    """Seconds that those of them which run have run so far, together."""


@dataclass(frozen=True)
class Course:
    """How a campaign went until now."""

    begun: datetime
    now: datetime
    window: Window
    workers: int


@dataclass(frozen=True)
class Eta:
    """When it will be done, UTC."""

    at: datetime
    earliest: datetime
    latest: datetime
    """Between these two with a probability of `CONFIDENCE`."""
    progress: float
    """The part of the predicted work that is done, 0 to 1."""
    per_hour: float
    """Jobs finished in an hour of open window; 0 before the first."""
    factor: float
    """Actual over predicted run time."""
    busy: float
    """How many workers it has on average while the window is open; others may have the rest."""


def done(pairs: Iterable[tuple[float, float]]) -> Done:
    """From (predicted, actual) seconds of each finished job; a database may sum them itself."""
    rows = list(pairs)
    return Done(
        len(rows),
        sum(p for p, _ in rows),
        sum(a for _, a in rows),
        sum(p * p for p, _ in rows),
        sum(a * a for _, a in rows),
        sum(p * a for p, a in rows),
    )


def left(seconds: Iterable[float], elapsed: float = 0.0) -> Left:
    """From the predicted seconds of each job that is not finished."""
    rows = list(seconds)
    return Left(len(rows), sum(rows), sum(one * one for one in rows), max(rows, default=0.0), elapsed)


def eta(finished: Done, unfinished: Left, course: Course) -> Eta:
    """The end of a campaign: work that is left over the workers it had, in the open hours to come.

    Work is predicted times what jobs took over what was predicted of them; workers are those that were busy on
    average, so that overhead, idle times and others' jobs count by themselves.  The uncertainty is that of this
    ratio (W. G. Cochran, Sampling Techniques, 1977, section 6.4), and the scatter of the jobs to come.
    """
    open_for = open_seconds(course.window, course.begun, course.now)
    factor, scatter, unsure = _ratio(finished, unfinished)
    worked = finished.actual + unfinished.elapsed
    busy = min((worked + course.workers * START) / (open_for + START), float(max(course.workers, 1)))
    work = max(factor * unfinished.predicted - unfinished.elapsed, 0.0)
    sigma = sqrt(scatter**2 * unfinished.predicted_squares + (unsure * unfinished.predicted) ** 2)
    reach = NormalDist().inv_cdf((1 + CONFIDENCE) / 2) * sigma
    least = min(factor * unfinished.longest, work)
    times = [max(seconds / busy, least) for seconds in (max(work - reach, 0.0), work, work + reach)]
    early, middle, late = (opened(course.window, course.now, seconds) for seconds in times)
    everything = finished.predicted + unfinished.predicted
    progress = finished.predicted / everything if everything else 1.0
    per_hour = finished.jobs * 3600 / open_for if open_for else 0.0
    return Eta(middle, min(early, middle), late, progress, per_hour, factor, busy)


def _ratio(finished: Done, unfinished: Left) -> tuple[float, float, float]:
    """Actual over predicted, its scatter from job to job, its own uncertainty; drawn to 1 by a few imagined jobs."""
    jobs = finished.jobs + unfinished.jobs
    mean = (finished.predicted + unfinished.predicted) / jobs if jobs else 0.0
    if not mean:
        return 1.0, DOUBT, DOUBT
    predicted = finished.predicted + FIRST * mean
    factor = (finished.actual + FIRST * mean) / predicted
    squares = finished.actual_squares - 2 * factor * finished.products + factor**2 * finished.predicted_squares
    residual = max(squares, 0.0) + FIRST * (DOUBT * mean) ** 2
    scatter = sqrt(residual / (finished.predicted_squares + FIRST * mean**2))
    return factor, scatter, sqrt(residual) / predicted


def open_seconds(window: Window, start: datetime, end: datetime) -> float:
    """How long a window is open between two times (UTC)."""
    if window.always:
        return max((end - start).total_seconds(), 0.0)
    found, opening = timedelta(), window.next_opening(start)
    while opening < end:
        closes = window.closing_after(opening)
        found += min(closes, end) - opening
        opening = window.next_opening(closes)
    return found.total_seconds()


def opened(window: Window, start: datetime, seconds: float) -> datetime:
    """When a window has been open for so many seconds since a time (UTC); that time itself if there are none left.

    Whatever is longer than can be written as a date ends with the calendar.
    """
    wanted = min(timedelta(seconds=min(seconds, 1e11)), datetime.max.replace(tzinfo=start.tzinfo) - start - 2 * DAY)
    if window.always or wanted <= timedelta():
        return start + max(wanted, timedelta())
    return _through(window, start, wanted)


def _through(window: Window, start: datetime, wanted: timedelta) -> datetime:
    opening = window.next_opening(start)
    closes = window.closing_after(opening)
    if wanted <= closes - opening:
        return opening + wanted
    wanted -= closes - opening
    second = window.next_opening(closes)
    length = window.closing_after(second) - second
    # Whole windows at once: a campaign may take years.
    days = -(-wanted // length) - 1
    limit = (datetime.max.replace(tzinfo=start.tzinfo) - second) // DAY - 1
    return second + min(days, limit) * DAY + (wanted - days * length)
