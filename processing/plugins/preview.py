"""Previews of archive products as files of their own: a spectrum as SVG."""

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

WIDTH, HEIGHT, MARGIN = 640, 240, 40
SVG = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" height="{h}" \
font-family="sans-serif" font-size="11"><title>{title}</title><rect width="{w}" height="{h}" fill="#fff"/>\
<path d="{path}" fill="#1f5f8b" stroke="#1f5f8b" stroke-width="0.7"/>\
<path d="M{m} {m}V{b}H{r}" fill="none" stroke="#444"/><text x="{m}" y="{above}">{title}</text>\
<text x="{m}" y="{below}">{low:.0f} nm</text><text x="{r}" y="{below}" text-anchor="end">{high:.0f} nm</text>\
<text x="{r}" y="{above}" text-anchor="end">{least:.3g} to {most:.3g} {unit}</text></svg>
"""


def spectrum(points: Mapping[str, Sequence[float]], title: str, unit: str) -> str:
    """An SVG document of the band between `low` and `high` over `wave` (Angstrom), as `core.spectrum.preview` gives it.

    Empty axes if there is no point.
    """
    wave, low, high = (points.get(name, ()) for name in ("wave", "low", "high"))
    x = _scale(wave, MARGIN, WIDTH - MARGIN)
    # Zero is always on the paper, so that nobody takes noise for features.
    y = _scale([0.0, *low, *high], HEIGHT - MARGIN, MARGIN)
    there = [f"{a:.1f} {b:.1f}" for a, b in zip(x, y[1 + len(low) :], strict=True)]
    back = [f"{a:.1f} {b:.1f}" for a, b in zip(x, y[1 : 1 + len(low)], strict=True)]
    path = f"M{'L'.join([*there, *reversed(back)])}Z" if wave else ""
    return SVG.format(
        w=WIDTH,
        h=HEIGHT,
        m=MARGIN,
        b=HEIGHT - MARGIN,
        r=WIDTH - MARGIN,
        above=MARGIN - 12,
        below=HEIGHT - MARGIN + 16,
        path=path,
        title=escape(title),
        unit=escape(unit),
        low=wave[0] / 10 if wave else 0.0,
        high=wave[-1] / 10 if wave else 0.0,
        least=min(low, default=0.0),
        most=max(high, default=0.0),
    )


def _scale(values: Sequence[float], start: float, stop: float) -> list[float]:
    """The values spread between two places on the paper."""
    least, most = (min(values), max(values)) if values else (0.0, 0.0)
    span = (most - least) or 1.0
    return [start + (value - least) / span * (stop - start) for value in values]
