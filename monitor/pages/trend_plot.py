"""The picture of a trend: values over time, thresholds, flagged points, the median and its scatter."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from monitor.days import day_of
from monitor.pages.axes import Axis, Drawing, Plane
from monitor.trends import Bins, FloatArray, Limit, Series, bins
from processing.models import Job

WIDTH, HEIGHT = 960, 340
LEFT, RIGHT, TOP, BOTTOM = 72, 14, 14, 46
# More points than these are drawn as bins, each with its median and its range; a flagged point is always drawn itself.
MOST_POINTS = 2000
FINE, COARSE = 240, 36
# A stretch with fewer values has no median that says anything.
LEAST = 3
# A step of so many stretches without one is a gap.
GAP = 3.5
# The percentiles of the values between which the axis lies at least.
INNER = (0.5, 99.5)
# Thresholds further away than so many times the range of the values would flatten these.
FAR = 10.0
# How many flagged points can be followed to their AB: the newest.
MOST_LINKS = 300
DIAMOND = "m0 -5l5 5l-5 5l-5 -5z"


def trend(series: Series, title: str, unit: str, jobs: Mapping[int, Job]) -> SafeString:
    """The plot; empty without a value that can be drawn.  `jobs` are those that flagged points lead to."""
    if not series.finite.any():
        return SafeString("")
    plane = Plane(_days(series), _values(series))
    good = series.finite & ~series.flagged
    medians = bins(series.mjd[series.finite], series.value[series.finite], COARSE, LEAST)
    parts = (
        plane.grid(plane.x.day_ticks(7), plane.y.ticks(6)),
        band(medians, plane),
        points(series.mjd[good], series.value[good], plane),
        line(medians, plane),
        limits(series.limits, plane),
        flags(series, jobs, plane),
        plane.labels("date of observation / UTC", unit),
    )
    return Drawing("trend", title, said(series), "group").svg("chart trend", WIDTH, HEIGHT, *parts)


def said(series: Series) -> str:
    """What the picture shows, in words."""
    values = series.value[series.finite]
    between = f"{day_of(series.mjd[0]):%Y-%m-%d} and {day_of(series.mjd[-1]):%Y-%m-%d}"
    spread = f"median {np.median(values):.4g}, from {values.min():.4g} to {values.max():.4g}"
    return f"{series.number} values between {between}: {spread}; {series.flags} flagged."


def _days(series: Series) -> Axis:
    first, last = series.mjd[0], series.mjd[-1]
    margin = max(0.02 * (last - first), 0.5)
    return Axis(first - margin, last + margin, LEFT, WIDTH - RIGHT)


def _values(series: Series) -> Axis:
    """Nearly all values, and thresholds unless they are far away; what lies outside is drawn at the edge."""
    low, high = (float(x) for x in np.percentile(series.value[series.finite], INNER))
    reach = FAR * ((high - low) or abs(high) or 1.0)
    near = [x for limit in series.limits for x in (limit.low, limit.high) if low - reach <= x <= high + reach]
    low, high = min([low, *near]), max([high, *near])
    margin = 0.06 * (high - low) or abs(0.1 * high) or 1.0
    return Axis(low - margin, high + margin, HEIGHT - BOTTOM, TOP)


def points(mjd: FloatArray, value: FloatArray, plane: Plane) -> SafeString:
    """Every value as a dot, or, of more than `MOST_POINTS`, bins with median and range."""
    if len(mjd) <= MOST_POINTS:
        return format_html('<path class="dots" d="{}"/>', _dots(mjd, value, plane))
    binned = bins(mjd, value, FINE, 1)
    ranges = zip(binned.mjd, binned.low, binned.high, strict=True)
    bars = "".join(f"M{plane.x.at(x):.1f} {plane.y.at(a):.1f}V{plane.y.at(b):.1f}" for x, a, b in ranges)
    dots = _dots(binned.mjd, binned.median, plane)
    return format_html('<path class="ranges" d="{}"/><path class="dots" d="{}"/>', bars, dots)


def _dots(xs: FloatArray, ys: FloatArray, plane: Plane) -> str:
    return "".join(f"M{point}h0" for point in plane.points(xs.tolist(), ys.tolist()))


def pieces(medians: Bins) -> list[slice]:
    """The parts of a running median without wide gaps."""
    steps = np.diff(medians.mjd)
    limit = GAP * steps.min() if len(steps) else 0.0
    cuts = [0, *(int(i) + 1 for i in np.flatnonzero(steps > limit)), len(medians.mjd)]
    return [slice(a, b) for a, b in pairwise(cuts)]


def line(medians: Bins, plane: Plane) -> SafeString:
    """The running median."""
    found = plane.points(medians.mjd.tolist(), medians.median.tolist())
    rows = [(" ".join(found[piece]),) for piece in pieces(medians)]
    return format_html_join("", '<polyline class="median" points="{}"/>', rows)


def band(medians: Bins, plane: Plane) -> SafeString:
    """One standard deviation, as the scaled median absolute deviation, on either side of the median."""
    above = plane.points(medians.mjd.tolist(), (medians.median + medians.sigma).tolist())
    below = plane.points(medians.mjd.tolist(), (medians.median - medians.sigma).tolist())
    rows = [(" ".join([*above[piece], *reversed(below[piece])]),) for piece in pieces(medians)]
    return format_html_join("", '<polygon class="scatter" points="{}"/>', rows)


def limits(used: Sequence[Limit], plane: Plane) -> SafeString:
    """Thresholds as steps: level while a version of the certificate was used, upright where the next one took over."""
    steps = [step for side in ("low", "high") for step in _steps(used, side, plane)]
    return format_html('<path class="limit" d="{}"/>', "".join(steps))


def _steps(used: Sequence[Limit], side: str, plane: Plane) -> list[str]:
    before, found = None, []
    for limit in used:
        value = getattr(limit, side)
        if not np.isfinite(value) or not plane.y.low <= value <= plane.y.high:
            before = None
            continue
        # Reaches half a day beyond, so that the threshold of a single night can be seen.
        first, last = plane.x.at(limit.first - (0.5 if before is None else 0)), plane.x.at(limit.last + 0.5)
        joined = f"M{first:.1f} {plane.y.at(before):.1f}V" if before is not None else f"M{first:.1f} "
        found.append(f"{joined}{plane.y.at(value):.1f}H{last:.1f}")
        before = value
    return found


def flags(series: Series, jobs: Mapping[int, Job], plane: Plane) -> SafeString:
    """Flagged values as diamonds; those whose job is known lead to its AB."""
    shown = [int(i) for i in np.flatnonzero(series.flagged & series.finite)]
    plain = "".join(_diamond(series, i, plane) for i in shown if int(series.job[i]) not in jobs)
    link = '<a href="{}" tabindex="-1"><path class="flagged" d="{}"><title>{}</title></path></a>'
    known = [(i, jobs[int(series.job[i])]) for i in shown if int(series.job[i]) in jobs]
    rows = [
        (reverse("ab", args=(job.block.name,)), _diamond(series, i, plane), f"{job}: {series.value[i]:.4g}, flagged")
        for i, job in known
    ]
    return format_html('<path class="flagged" d="{}"/>', plain) + format_html_join("", link, rows)


def _diamond(series: Series, position: int, plane: Plane) -> str:
    return f"M{plane.x.at(series.mjd[position]):.1f} {plane.y.at(series.value[position]):.1f}{DIAMOND}"
