"""The picture of a trend: values over time, thresholds, flagged points, the median and its scatter."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from math import isfinite
from statistics import median

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from monitor.days import day_of
from monitor.pages.axes import Axis, Drawing, Plane
from monitor.spread import percentile
from monitor.trends import Bin, Limit, Series, Value, bins
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
    if not series.finite:
        return SafeString("")
    plane = Plane(_days(series), _values(series))
    good = [one for one in series.finite if not one.flagged]
    medians = bins(series.finite, COARSE, LEAST)
    parts = (
        plane.grid(plane.x.day_ticks(7), plane.y.ticks(6)),
        band(medians, plane),
        points(good, plane),
        line(medians, plane),
        limits(series.limits, plane),
        flags(series, jobs, plane),
        plane.labels("date of observation / UTC", unit),
    )
    return Drawing("trend", title, said(series), "group").svg("chart trend", WIDTH, HEIGHT, *parts)


def said(series: Series) -> str:
    """What the picture shows, in words."""
    values = [one.value for one in series.finite]
    between = f"{day_of(series.values[0].mjd):%Y-%m-%d} and {day_of(series.values[-1].mjd):%Y-%m-%d}"
    spread = f"median {median(values):.4g}, from {min(values):.4g} to {max(values):.4g}"
    return f"{series.number} values between {between}: {spread}; {series.flags} flagged."


def _days(series: Series) -> Axis:
    first, last = series.values[0].mjd, series.values[-1].mjd
    margin = max(0.02 * (last - first), 0.5)
    return Axis(first - margin, last + margin, LEFT, WIDTH - RIGHT)


def _values(series: Series) -> Axis:
    """Nearly all values, and thresholds unless they are far away; what lies outside is drawn at the edge."""
    values = [one.value for one in series.finite]
    low, high = (percentile(values, percent) for percent in INNER)
    reach = FAR * ((high - low) or abs(high) or 1.0)
    near = [x for limit in series.limits for x in (limit.low, limit.high) if low - reach <= x <= high + reach]
    low, high = min([low, *near]), max([high, *near])
    margin = 0.06 * (high - low) or abs(0.1 * high) or 1.0
    return Axis(low - margin, high + margin, HEIGHT - BOTTOM, TOP)


def points(values: Sequence[Value], plane: Plane) -> SafeString:
    """Every value as a dot, or, of more than `MOST_POINTS`, bins with median and range."""
    if len(values) <= MOST_POINTS:
        return format_html('<path class="dots" d="{}"/>', _dots([(one.mjd, one.value) for one in values], plane))
    binned = bins(values, FINE, 1)
    bars = "".join(f"M{plane.x.at(b.mjd):.1f} {plane.y.at(b.low):.1f}V{plane.y.at(b.high):.1f}" for b in binned)
    dots = _dots([(b.mjd, b.median) for b in binned], plane)
    return format_html('<path class="ranges" d="{}"/><path class="dots" d="{}"/>', bars, dots)


def _dots(places: Iterable[tuple[float, float]], plane: Plane) -> str:
    return "".join(f"M{point}h0" for point in plane.points(places))


def pieces(medians: Sequence[Bin]) -> list[Sequence[Bin]]:
    """The parts of a running median without wide gaps."""
    steps = [after.mjd - before.mjd for before, after in pairwise(medians)]
    limit = GAP * min(steps, default=0.0)
    cuts = [0, *(at for at, step in enumerate(steps, 1) if step > limit), len(medians)]
    return [medians[a:b] for a, b in pairwise(cuts)]


def line(medians: Sequence[Bin], plane: Plane) -> SafeString:
    """The running median."""
    rows = [(" ".join(plane.points([(b.mjd, b.median) for b in piece])),) for piece in pieces(medians)]
    return format_html_join("", '<polyline class="median" points="{}"/>', rows)


def band(medians: Sequence[Bin], plane: Plane) -> SafeString:
    """One standard deviation, as the scaled median absolute deviation, on either side of the median."""
    sides = [
        [*((b.mjd, b.median + b.sigma) for b in piece), *((b.mjd, b.median - b.sigma) for b in reversed(piece))]
        for piece in pieces(medians)
    ]
    rows = [(" ".join(plane.points(side)),) for side in sides]
    return format_html_join("", '<polygon class="scatter" points="{}"/>', rows)


def limits(used: Sequence[Limit], plane: Plane) -> SafeString:
    """Thresholds as steps: level while a version of the certificate was used, upright where the next one took over."""
    steps = [step for side in ("low", "high") for step in _steps(used, side, plane)]
    return format_html('<path class="limit" d="{}"/>', "".join(steps))


def _steps(used: Sequence[Limit], side: str, plane: Plane) -> list[str]:
    before, found = None, []
    for limit in used:
        value = getattr(limit, side)
        if not isfinite(value) or not plane.y.low <= value <= plane.y.high:
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
    shown = [one for one in series.flagged if isfinite(one.value)]
    plain = "".join(_diamond(one, plane) for one in shown if one.job not in jobs)
    link = '<a href="{}" tabindex="-1"><path class="flagged" d="{}"><title>{}</title></path></a>'
    known = [(one, jobs[one.job]) for one in shown if one.job in jobs]
    rows = [
        (reverse("ab", args=(job.block.name,)), _diamond(one, plane), f"{job}: {one.value:.4g}, flagged")
        for one, job in known
    ]
    return format_html('<path class="flagged" d="{}"/>', plain) + format_html_join("", link, rows)


def _diamond(one: Value, plane: Plane) -> str:
    return f"M{plane.x.at(one.mjd):.1f} {plane.y.at(one.value):.1f}{DIAMOND}"
