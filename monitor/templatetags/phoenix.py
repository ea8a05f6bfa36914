"""Template tags: states, times, durations, numbers, pictures."""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from monitor import marks
from monitor.pages import svg
from monitor.tallies import Tally
from processing.core.certification import Parameters
from processing.core.toml import inline
from processing.models import Product, Score

register = template.Library()

UNITS = {"ABSOLUTE": "10⁻¹⁶ erg cm⁻² s⁻¹ Å⁻¹", "UNCALIBRATED": "adu"}
NOTHING = "\N{EN DASH}"
FORMS = {"full": "%Y-%m-%d %H:%M:%S UTC", "minute": "%Y-%m-%d %H:%M", "time": "%H:%M:%S"}
TENTHS_BELOW = 10.0
WHOLE_BELOW = 1e7
MINUTE, HOUR, DAY = 60, 3600, 86400
KILO = 1000
# Below so many seconds: the larger unit and the smaller one.
LADDER = ((2 * HOUR, MINUTE, "min", 1, "s"), (2 * DAY, HOUR, "h", MINUTE, "min"))


@lru_cache(maxsize=256)
def glyph(shape: str) -> SafeString:
    """A symbol from the page's sheet; the word beside it says the same."""
    return format_html('<svg class="glyph" aria-hidden="true"><use href="#shape-{}"/></svg>', shape)


@lru_cache(maxsize=256)
def shown(mark: marks.Mark) -> SafeString:
    """Shape, word and tone."""
    return format_html('<span class="state {}">{}{}</span>', mark.tone, glyph(mark.shape), mark.word)


def _state_filter(known: dict[str, marks.Mark]) -> Callable[[str], SafeString]:
    def look(state: str) -> SafeString:
        return shown(known[state])

    return look


for name, known in {
    "job_state": marks.JOB_MARKS,
    "date_state": marks.DATE_MARKS,
    "ingest_state": marks.INGEST_MARKS,
    "product_state": marks.PRODUCT_MARKS,
    "certificate_state": marks.CERTIFICATE_MARKS,
    "cluster_state": marks.CLUSTER_MARKS,
}.items():
    register.filter(name, _state_filter(known))


@register.filter
def flag(value: int | None) -> SafeString:
    """A score bit: good, flagged, not scored."""
    return shown(marks.FLAG_MARKS[value])


@register.filter
@lru_cache(maxsize=256)
def flags(number: int | None) -> SafeString | str:
    """How many bits are flagged; nothing if nothing was scored."""
    if number is None:
        return NOTHING
    return shown(marks.Mark("flag", str(number), "held")) if number else "0"


@register.filter
def allowed(score: Score) -> str:
    """The thresholds that a score was held against."""
    low, high = number(score.low), number(score.high)
    if score.low is not None and score.high is not None:
        return f"{low} … {high}"
    return f"≥ {low}" if score.low is not None else f"≤ {high}" if score.high is not None else NOTHING


@register.filter
def job_tone(state: str) -> str:
    """The colour of a job's state."""
    return marks.JOB_MARKS[state].tone


register.simple_tag(glyph, name="glyph")


@register.filter
def utc(moment: datetime | None, form: str = "full") -> SafeString | str:
    """A time in UTC; `minute` and `time` are shorter, and whatever stands around them says UTC."""
    if moment is None:
        return NOTHING
    moment = moment.astimezone(UTC)
    return format_html('<time datetime="{}">{}</time>', f"{moment:%Y-%m-%dT%H:%M:%SZ}", moment.strftime(FORMS[form]))


@register.filter
def duration(value: timedelta | float | None) -> str:
    """Of seconds or a timedelta, in at most two units: `0.4 s`, `94 s`, `12 min 5 s`, `3 h 12 min`, `2 d 4 h`."""
    if value is None:
        return NOTHING
    seconds = value.total_seconds() if isinstance(value, timedelta) else float(value)
    if not math.isfinite(seconds):
        return NOTHING
    if seconds < TENTHS_BELOW:
        return f"{max(seconds, 0.0):.1f} s"
    whole = round(seconds)
    if whole < 2 * MINUTE:
        return f"{whole} s"
    for below, large, large_unit, small, small_unit in LADDER:
        if whole < below:
            rest = whole % large // small
            return f"{whole // large} {large_unit}" + (f" {rest} {small_unit}" if rest else "")
    return f"{whole // DAY} d {whole % DAY // HOUR} h"


@register.filter
def until(first: datetime, second: datetime) -> str:
    """How long from the first moment to the second."""
    return duration(second - first)


@register.filter
def number(value: float | None, digits: int = 4) -> str:
    """With so many significant digits, and all of those before the point up to seven."""
    if value is None or not math.isfinite(value):
        return NOTHING
    whole = 10.0 ** (digits - 1) <= abs(value) < WHOLE_BELOW
    text = f"{value:.0f}" if whole else f"{value:.{digits}g}".replace("e-0", "e-")
    return text.replace("-", "\N{MINUS SIGN}")


@register.filter
def written(value: object) -> str:
    """A value of a certificate, as TOML writes it."""
    return NOTHING if value is None else inline(value)


@register.filter
def wavelengths(values: Parameters) -> str:
    """The range of central wavelengths for which recipe parameters hold."""
    if math.isinf(values.high):
        return f"from {number(values.low)} nm" if values.low else "all"
    return f"{number(values.low)} to {number(values.high)} nm" if values.low else f"below {number(values.high)} nm"


@register.filter
def days(value: float | None) -> str:
    """A distance in days, with its sign."""
    return NOTHING if value is None else f"{value:+.3f}".replace("-", "\N{MINUS SIGN}")


@register.filter
def megabytes(value: int | None) -> str:
    """Bytes as MB of 10⁶ bytes."""
    return NOTHING if value is None else f"{value / 1e6:.1f} MB"


@register.filter(name="bytes")
def size(value: int | None) -> str:
    """Bytes in B, kB or MB, of powers of 1000."""
    if value is None:
        return NOTHING
    if value < KILO:
        return f"{value} B"
    return f"{value / KILO:.1f} kB" if value < KILO**2 else megabytes(value)


@register.filter
def large(value: int) -> str:
    """Bytes of disks in MB, GB or TB, of powers of 1000."""
    unit, name = next(((u, n) for u, n in ((KILO**4, "TB"), (KILO**3, "GB")) if value >= u), (KILO**2, "MB"))
    return f"{value / unit:.1f} {name}"


@register.filter
def card(value: object) -> str:
    """The value of a FITS keyword: T and F, numbers as they are, texts in quotes only if they are empty."""
    if isinstance(value, bool):
        return "T" if value else "F"
    return str(value) or "''"


@register.simple_tag
def bar(tally: Tally) -> SafeString:
    """The bar of a tally."""
    return svg.bar(tally)


@register.simple_tag
def spectrum(product: Product) -> SafeString:
    """The plot of a product's preview; empty if it has none."""
    unit = UNITS.get(product.fluxcal, product.fluxcal)
    title = f"Spectrum of {product.target or product.dp_id}"
    return svg.spectrum(product.preview, f"spectrum-{product.pk}", title, unit)
