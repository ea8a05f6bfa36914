"""A small picture of numbers per day, made on the server."""

from collections.abc import Mapping
from datetime import date

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

DAY, HEIGHT, LEAST = 3, 28, 2
"""Pixels: of a day's width, of the picture, and of the lowest bar."""


def sparkline(days: Mapping[date, int], first: date, last: date) -> SafeString:
    """A bar for each day from `first` to `last` on which there was anything; each says its number."""
    width = ((last - first).days + 1) * DAY
    shown = {day: number for day, number in sorted(days.items()) if first <= day <= last and number}
    highest = max(shown.values(), default=1)
    bars = []
    for day, number in shown.items():
        height = max(LEAST, round(HEIGHT * number / highest))
        bars.append(((day - first).days * DAY, HEIGHT - height, DAY - 1, height, day.isoformat(), number))
    rects = '<rect x="{}" y="{}" width="{}" height="{}"><title>{}: {}</title></rect>'
    label = f"Failures per date from {first.isoformat()} to {last.isoformat()}, at most {highest} on one"
    return format_html(
        '<svg class="sparkline" role="img" viewBox="0 0 {} {}" aria-label="{}"><path d="M0 {}H{}"/>{}</svg>',
        width,
        HEIGHT,
        label,
        HEIGHT - 0.5,
        width,
        format_html_join("", rects, bars),
    )
