"""Axes of pictures made on the server: from values, days and times to pixels, round ticks, the frame around a plot."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from monitor.days import day_of, mjd_of

Tick = tuple[float, str]
"""(pixel, label)."""

HOUR, DAY = 3600, 86400
# Seconds between two ticks of a clock.
STEPS = (1, 5, 15, 30, 60, 120, 300, 600, 900, 1800, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR)
DAYS = (1, 2, 5, 10)
MONTHS = (1, 2, 3, 6, 12, 24, 60, 120)
MONTH, MONTHS_OF_YEAR = 30.44, 12


@dataclass(frozen=True)
class Axis:
    """Values from `low` to `high`, drawn from pixel `start` to pixel `end`."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """The pixel of a value, kept within the axis."""
        inside = min(max(value, self.low), self.high)
        return self.start + (self.end - self.start) * (inside - self.low) / (self.high - self.low)

    def ticks(self, about: int) -> list[Tick]:
        """At round values: steps of 1, 2 or 5 times a power of ten."""
        raw = (self.high - self.low) / about
        power = 10.0 ** math.floor(math.log10(raw))
        step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw)
        decimals = max(0, -math.floor(math.log10(step) + 1e-9))
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [(self.at(n * step), f"{n * step:.{decimals}f}") for n in range(first, last + 1)]

    def clock_ticks(self, about: int) -> list[Tick]:
        """Of an axis in seconds since 1970 UTC: at round times of the clock, with the day where one begins."""
        raw = (self.high - self.low) / about
        step = next((step for step in STEPS if step >= raw), DAY * math.ceil(raw / DAY))
        first, last = math.ceil(self.low / step), math.floor(self.high / step)
        return [(self.at(n * step), _clock(n * step, step)) for n in range(first, last + 1)]

    def day_ticks(self, about: int) -> list[Tick]:
        """Of an axis in MJD: at round days, or at the beginning of months or years."""
        raw = (self.high - self.low) / about
        if raw <= DAYS[-1]:
            step = next(step for step in DAYS if step >= raw)
            first, last = math.ceil(self.low / step), math.floor(self.high / step)
            return [(self.at(n * step), f"{day_of(n * step):%Y-%m-%d}") for n in range(first, last + 1)]
        months = next((months for months in MONTHS if months * MONTH >= raw), MONTHS[-1])
        return [(self.at(mjd_of(day)), _month(day, months)) for day in _beginnings(self, months)]


def _clock(seconds: float, step: float) -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    if seconds % DAY == 0:
        return f"{moment:%m-%d}"
    return f"{moment:%H:%M:%S}" if step < STEPS[4] else f"{moment:%H:%M}"


def _month(day: date, months: int) -> str:
    return f"{day:%Y}" if months >= MONTHS_OF_YEAR else f"{day:%Y-%m}"


def _beginnings(axis: Axis, months: int) -> list[date]:
    """The first days of every so many months that lie on the axis."""
    low, high = day_of(axis.low), day_of(axis.high)
    counts = range(low.year * MONTHS_OF_YEAR // months * months, (high.year + 1) * MONTHS_OF_YEAR, months)
    days = [date(count // MONTHS_OF_YEAR, count % MONTHS_OF_YEAR + 1, 1) for count in counts]
    return [day for day in days if axis.low <= mjd_of(day) <= axis.high]


@dataclass(frozen=True)
class Plane:
    """Two axes; `y` starts at the bottom."""

    x: Axis
    y: Axis

    def points(self, places: Iterable[tuple[float, float]]) -> list[str]:
        """`x,y` of each point in pixels."""
        return [f"{self.x.at(x):.1f},{self.y.at(y):.1f}" for x, y in places]

    def grid(self, across: Sequence[Tick], up: Sequence[Tick]) -> SafeString:
        """Lines and labels at ticks, and the frame."""
        x, y = self.x, self.y
        vertical = '<path class="grid" d="M{} {}V{}"/><text class="tick" x="{}" y="{}" text-anchor="middle">{}</text>'
        horizontal = '<path class="grid" d="M{} {}H{}"/><text class="tick" x="{}" y="{}" text-anchor="end">{}</text>'
        columns = [(f"{px:.1f}", y.end, y.start, f"{px:.1f}", y.start + 18, label) for px, label in across]
        rows = [(x.start, f"{py:.1f}", x.end, x.start - 8, f"{py + 4:.1f}", label) for py, label in up]
        frame = format_html('<path class="frame" d="M{} {}V{}H{}"/>', x.start, y.end, y.start, x.end)
        return format_html_join("", vertical, columns) + format_html_join("", horizontal, rows) + frame

    def labels(self, across: str, up: str) -> SafeString:
        """What the axes show, with units."""
        return format_html(
            '<text class="label" x="{}" y="{}" text-anchor="middle">{}</text>'
            '<text class="label" transform="translate(14 {}) rotate(-90)" text-anchor="middle">{}</text>',
            (self.x.start + self.x.end) / 2,
            self.y.start + 38,
            across,
            (self.y.start + self.y.end) / 2,
            up,
        )


@dataclass(frozen=True)
class Drawing:
    """What a picture says of itself."""

    identity: str
    """Makes its ids unique on the page."""
    title: str
    description: str
    role: str = "img"
    """`img` if nothing in it can be followed, else `group`."""

    def svg(self, look: str, width: float, height: float, *parts: SafeString) -> SafeString:
        """The picture, with the class `look`, from its parts."""
        return format_html(
            '<svg class="{}" role="{}" viewBox="0 0 {} {}" aria-labelledby="{id}-title {id}-desc">'
            '<title id="{id}-title">{}</title><desc id="{id}-desc">{}</desc>{}</svg>',
            look,
            self.role,
            width,
            height,
            self.title,
            self.description,
            format_html_join("", "{}", ((part,) for part in parts)),
            id=self.identity,
        )
