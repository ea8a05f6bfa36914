"""The pictures of times: predicted against actual, phases per night, the histogram of a recipe."""

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from monitor.pages.axes import Axis, Drawing, Plane, Tick
from monitor.timing import PHASES, Night, Setup

WIDTH, HEIGHT, LOW = 960, 300, 170
LEFT, RIGHT, TOP, BOTTOM = 64, 12, 14, 46
# The part of a night's place that its bars take.
FILL = 0.72
SLIMMEST = 1.0
MOST_LABELS = 9
# Up to so many of the smaller unit an axis is in that unit.
UNITS = ((1.0, "s", 180.0), (60.0, "min", 180.0), (3600.0, "h", float("inf")))
BAR_WIDTH, BAR_HEIGHT, BINS = 180, 30, 30
# Nights for which there is room, or the bars of one would fill the page.
FEWEST = 7


def unit_of(longest: float) -> tuple[float, str]:
    """Seconds per unit and its name, for an axis up to a number of seconds."""
    return next((size, name) for size, name, most in UNITS if longest <= size * most)


def _plane(nights: Sequence[Night], longest: float, height: float = HEIGHT) -> tuple[Plane, str]:
    size, unit = unit_of(longest)
    y = Axis(0.0, 1.08 * longest / size, height - BOTTOM, TOP)
    return Plane(Axis(0.0, float(max(len(nights), FEWEST)), LEFT, WIDTH - RIGHT), y), unit


def _dates(nights: Sequence[Night], plane: Plane) -> list[Tick]:
    every = -(-len(nights) // MOST_LABELS)
    return [(plane.x.at(n + 0.5), f"{nights[n].date:%Y-%m-%d}") for n in range(0, len(nights), every)]


def _bar(plane: Plane, left: float, width: float, *between: float) -> tuple[str, str, str, str]:
    """x, y, width, height of a bar that starts at a number of nights, between two values."""
    x, wide = plane.x.at(left), max(plane.x.at(left + width) - plane.x.at(left), SLIMMEST)
    low, high = sorted(plane.y.at(value) for value in between)
    return f"{x:.1f}", f"{low:.1f}", f"{wide:.1f}", f"{high - low:.1f}"


RECT = '<rect class="{}" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>'


def makespans(nights: Sequence[Night]) -> SafeString:
    """Two bars per night: what T = sum(t) / workers predicts, and what it took."""
    longest = max((value for night in nights for value in (night.predicted, night.actual) if value), default=0.0)
    if not longest:
        return SafeString("")
    plane, unit = _plane(nights, longest)
    size, half = unit_of(longest)[0], FILL / 2
    bars = [
        (look, *_bar(plane, n + offset, half, 0.0, value / size), f"{night.date}: {said} {value / size:.3g} {unit}")
        for n, night in enumerate(nights)
        for look, offset, value, said in (
            ("predicted", (1 - FILL) / 2, night.predicted, "predicted"),
            ("actual", 0.5, night.actual, "took"),
        )
        if value
    ]
    ratios = [night.ratio for night in nights if night.ratio]
    said = f"{len(nights)} nights; the median of actual over predicted is {median(ratios):.2f}." if ratios else ""
    drawing = Drawing("makespans", "Predicted and actual time per night", said)
    grid = plane.grid(_dates(nights, plane), plane.y.ticks(5))
    labels = plane.labels("DFO date", f"time / {unit}")
    return drawing.svg("chart", WIDTH, HEIGHT, grid, format_html_join("", RECT, bars), labels)


def stacks(nights: Sequence[Night], phases: Sequence[str], identity: str, height: float) -> SafeString:
    """One bar per night: the mean of each of these phases of a job, one upon the other; empty without any."""
    longest = max((sum(night.phases[phase] or 0.0 for phase in phases) for night in nights), default=0.0)
    if not longest:
        return SafeString("")
    plane, unit = _plane(nights, longest, height)
    bars = [bar for n, night in enumerate(nights) for bar in _stack(plane, n, _of(night, phases), unit_of(longest))]
    means = ", ".join(f"{PHASES[phase]} {_mean(nights, phase):.0f} s" for phase in phases)
    drawing = Drawing(identity, "Mean time of a job, per night", f"Mean over all nights: {means}.")
    grid = plane.grid(_dates(nights, plane), plane.y.ticks(5 if height == HEIGHT else 2))
    labels = plane.labels("DFO date", f"mean per job / {unit}")
    return drawing.svg("chart", WIDTH, height, grid, format_html_join("", RECT, bars), labels)


def _of(night: Night, phases: Sequence[str]) -> dict[str, float]:
    return {phase: night.phases[phase] or 0.0 for phase in phases}


def _mean(nights: Sequence[Night], phase: str) -> float:
    return sum(night.totals[phase] for night in nights) / sum(night.jobs for night in nights)


def _stack(plane: Plane, place: int, means: Mapping[str, float], unit: tuple[float, str]) -> Sequence[tuple[str, ...]]:
    size, name = unit
    found, below = [], 0.0
    for phase, value in means.items():
        if value:
            top = below + value / size
            said = f"{PHASES[phase]} {value / size:.3g} {name}"
            found.append((f"phase-{phase}", *_bar(plane, place + (1 - FILL) / 2, FILL, below, top), said))
            below = top
    return found


def histogram(setup: Setup, number: int, longest: float) -> SafeString:
    """How often a recipe took how long, from 0 to `longest` seconds; p50 and p95 as lines."""
    end = longest or 1.0
    shown = (seconds for seconds in setup.seconds if 0.0 <= seconds <= end)
    counts = Counter(min(int(BINS * seconds / end), BINS - 1) for seconds in shown)
    x = Axis(0.0, end, 0.0, BAR_WIDTH)
    wide, tall = BAR_WIDTH / BINS, BAR_HEIGHT / max(counts.values())
    bars = [
        (f"{n * wide:.1f}", f"{BAR_HEIGHT - count * tall:.1f}", f"{wide - 0.5:.1f}", f"{count * tall:.1f}")
        for n, count in sorted(counts.items())
    ]
    rects = format_html_join("", '<rect class="actual" x="{}" y="{}" width="{}" height="{}"/>', bars)
    marks = f"M{x.at(setup.p50):.1f} 0V{BAR_HEIGHT}M{x.at(setup.p95):.1f} 0V{BAR_HEIGHT}"
    said = (
        f"{setup.number} runs, half within {setup.p50:.0f} s, 95 % within {setup.p95:.0f} s; axis to {longest:.0f} s."
    )
    drawing = Drawing(f"histogram-{number}", f"Times of {setup.recipe} {setup.setup}", said)
    return drawing.svg(
        "chart histogram", BAR_WIDTH, BAR_HEIGHT, rects, format_html('<path class="mark" d="{}"/>', marks)
    )
