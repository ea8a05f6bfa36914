"""Pictures made on the server: a spectrum with its axes, and the bar of a tally."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from monitor.tallies import Tally

WIDTH, HEIGHT = 760, 280
LEFT, RIGHT, TOP, BOTTOM = 64, 12, 12, 46
# A step this many times the median one is a gap between detectors, not a part of the spectrum.
GAP = 8
# The fraction of bins, on either side, that do not decide the range of the flux axis.
OUTERMOST = 0.02


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

    def ticks(self, about: int) -> list[tuple[float, str]]:
        """(pixel, label) at round values: steps of 1, 2 or 5 times a power of ten."""
        raw = (self.high - self.low) / about
        power = 10.0 ** math.floor(math.log10(raw))
        step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw)
        decimals = max(0, -math.floor(math.log10(step) + 1e-9))
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [(self.at(n * step), f"{n * step:.{decimals}f}") for n in range(first, last + 1)]


@dataclass(frozen=True)
class Envelope:
    """The lowest and highest flux over wavelength in Angstrom: three sequences of one length, all finite."""

    wave: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]

    def bulk(self) -> tuple[float, float]:
        """The range of flux without the outermost bins on either side: noisy order ends would flatten the rest.

        What lies outside is drawn at the edge of the plot.
        """
        cut = int(OUTERMOST * len(self.wave))
        return sorted(self.low)[cut], sorted(self.high)[-1 - cut]

    def pieces(self) -> list[slice]:
        """The parts without gaps."""
        steps = [b - a for a, b in pairwise(self.wave)]
        limit = GAP * sorted(steps)[len(steps) // 2]
        cuts = [0, *(i + 1 for i, step in enumerate(steps) if step > limit), len(self.wave)]
        return [slice(a, b) for a, b in pairwise(cuts)]


def read_preview(preview: object) -> Envelope | None:
    """An envelope from a product's preview; None if it cannot be drawn."""
    if not isinstance(preview, dict):
        return None
    columns = [preview.get(name) for name in ("wave", "low", "high")]
    if not all(isinstance(column, list) for column in columns):
        return None
    rows = [row for row in zip(*columns, strict=False) if all(_is_finite(value) for value in row)]
    rows.sort()
    wave, low, high = ([row[i] for row in rows] for i in range(3))
    return Envelope(wave, low, high) if len(set(wave)) > 1 else None


def _is_finite(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def spectrum(preview: object, identity: str, title: str, unit: str) -> SafeString:
    """The plot; `identity` makes ids unique on the page.  Empty if there is nothing to draw."""
    envelope = read_preview(preview)
    if envelope is None:
        return SafeString("")
    bottom, top = envelope.bulk()
    margin = 0.06 * (top - bottom) or 1.0
    x = Axis(envelope.wave[0], envelope.wave[-1], LEFT, WIDTH - RIGHT)
    y = Axis(min(0.0, bottom) - (margin if bottom < 0 else 0), top + margin, HEIGHT - BOTTOM, TOP)
    extremes = f"between {min(envelope.low):.3g} and {max(envelope.high):.3g}"
    description = f"Flux in {unit} from {x.low:.0f} to {x.high:.0f} Å, {extremes}."
    return format_html(
        '<svg class="spectrum" role="img" viewBox="0 0 {} {}" aria-labelledby="{id}-title {id}-desc">'
        '<title id="{id}-title">{}</title><desc id="{id}-desc">{}</desc>{}{}{}</svg>',
        WIDTH,
        HEIGHT,
        title,
        description,
        _grid(x, y),
        _envelope(envelope, x, y),
        _labels(unit),
        id=identity,
    )


def _grid(x: Axis, y: Axis) -> SafeString:
    vertical = '<path class="grid" d="M{} {}V{}"/><text class="tick" x="{}" y="{}" text-anchor="middle">{}</text>'
    horizontal = '<path class="grid" d="M{} {}H{}"/><text class="tick" x="{}" y="{}" text-anchor="end">{}</text>'
    across = [(f"{px:.1f}", y.end, y.start, f"{px:.1f}", y.start + 18, label) for px, label in x.ticks(8)]
    up = [(x.start, f"{py:.1f}", x.end, x.start - 8, f"{py + 4:.1f}", label) for py, label in y.ticks(5)]
    frame = format_html('<path class="frame" d="M{} {}V{}H{}"/>', x.start, y.end, y.start, x.end)
    return format_html_join("", vertical, across) + format_html_join("", horizontal, up) + frame


def _envelope(envelope: Envelope, x: Axis, y: Axis) -> SafeString:
    high, low = _points(envelope.wave, envelope.high, x, y), _points(envelope.wave, envelope.low, x, y)
    outlines = [(" ".join([*high[piece], *reversed(low[piece])]),) for piece in envelope.pieces()]
    return format_html_join("", '<polygon class="flux" points="{}"/>', outlines)


def _points(wave: Sequence[float], flux: Sequence[float], x: Axis, y: Axis) -> list[str]:
    return [f"{x.at(w):.1f},{y.at(f):.1f}" for w, f in zip(wave, flux, strict=True)]


def _labels(unit: str) -> SafeString:
    middle_x, middle_y = (LEFT + WIDTH - RIGHT) / 2, (TOP + HEIGHT - BOTTOM) / 2
    return format_html(
        '<text class="label" x="{}" y="{}" text-anchor="middle">wavelength / Å</text>'
        '<text class="label" transform="translate(14 {}) rotate(-90)" text-anchor="middle">flux / {}</text>',
        middle_x,
        HEIGHT - 8,
        middle_y,
        unit,
    )


def bar(tally: Tally) -> SafeString:
    """States of jobs as parts of a bar; what it says is also in its label."""
    said = ", ".join(f"{segment.number} {segment.mark.word}" for segment in tally.segments) or "no jobs"
    parts = [(s.mark.tone, f"{s.start:.2f}%", f"{s.width:.2f}%", s.number, s.mark.word) for s in tally.segments]
    rects = '<rect class="fill-{}" x="{}" width="{}" height="100%"><title>{} {}</title></rect>'
    label, drawn = f"{tally.total} ABs: {said}", format_html_join("", rects, parts)
    return format_html('<svg class="bar" role="img" aria-label="{}">{}</svg>', label, drawn)
