"""Pictures made on the server: a spectrum with its axes, and the bar of a tally."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from monitor.pages.axes import Axis, Drawing, Plane
from monitor.tallies import Tally

WIDTH, HEIGHT = 760, 280
LEFT, RIGHT, TOP, BOTTOM = 64, 12, 12, 46
# A step this many times the median one is a gap between detectors, not a part of the spectrum.
GAP = 8
# The fraction of bins, on either side, that do not decide the range of the flux axis.
OUTERMOST = 0.02


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
    plane = Plane(x, y)
    extremes = f"between {min(envelope.low):.3g} and {max(envelope.high):.3g}"
    drawing = Drawing(identity, title, f"Flux in {unit} from {x.low:.0f} to {x.high:.0f} Å, {extremes}.")
    labels = plane.labels("wavelength / Å", f"flux / {unit}")
    parts = plane.grid(x.ticks(8), y.ticks(5)), _envelope(envelope, plane), labels
    return drawing.svg("spectrum", WIDTH, HEIGHT, *parts)


def _envelope(envelope: Envelope, plane: Plane) -> SafeString:
    high, low = (plane.points(zip(envelope.wave, side, strict=True)) for side in (envelope.high, envelope.low))
    outlines = [(" ".join([*high[piece], *reversed(low[piece])]),) for piece in envelope.pieces()]
    return format_html_join("", '<polygon class="flux" points="{}"/>', outlines)


def bar(tally: Tally) -> SafeString:
    """States of jobs as parts of a bar; what it says is also in its label."""
    said = ", ".join(f"{segment.number} {segment.mark.word}" for segment in tally.segments) or "no jobs"
    parts = [(s.mark.tone, f"{s.start:.2f}%", f"{s.width:.2f}%", s.number, s.mark.word) for s in tally.segments]
    rects = '<rect class="fill-{}" x="{}" width="{}" height="100%"><title>{} {}</title></rect>'
    label, drawn = f"{tally.total} ABs: {said}", format_html_join("", rects, parts)
    return format_html('<svg class="bar" role="img" aria-label="{}">{}</svg>', label, drawn)
