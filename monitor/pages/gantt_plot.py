"""The picture of who had which job when, with stops and closed windows behind, and where it is now."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any
from urllib.parse import quote

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from monitor import gantt
from monitor.gantt import MOST_JOBS, Bar, Gantt, Row
from monitor.marks import JOB_MARKS, Mark
from monitor.pages.axes import Axis, Drawing, Plane
from processing.core.states import TROUBLE
from processing.models import ProcessingDate

WIDTH = 960
LEFT, RIGHT, TOP, BOTTOM = 136, 12, 8, 46
ROW, THICK = 26, 16
SLIMMEST = 1.5
GLYPH = 11
LONGEST_LABEL = 20
TICKS = 8


@dataclass(frozen=True)
class Picture:
    """The plot and what stands beside it."""

    svg: SafeString
    gantt: Gantt
    marks: list[Mark]
    """Of the states that are drawn."""
    closures: set[str]
    """The kinds of closures that are drawn."""
    most: int = MOST_JOBS


def of(date: ProcessingDate, jobs: Iterable[Any] | None = None) -> Picture | None:
    """Of a date, and of all its jobs if they are known; None before the first was claimed.  See `gantt.gantt`."""
    found = gantt.gantt(date, jobs)
    if found is None:
        return None
    states = {bar.state for row in found.rows for bar in row.bars}
    marks = [mark for state, mark in JOB_MARKS.items() if state in states]
    return Picture(drawn(found), found, marks, {closure.kind for closure in found.closures})


def drawn(found: Gantt) -> SafeString:
    """The plot: a row per place of a worker, a bar per job."""
    first, last = found.first.timestamp(), found.last.timestamp()
    margin = max(0.01 * (last - first), 1.0)
    height = TOP + ROW * len(found.rows) + BOTTOM
    x = Axis(first - margin, last + margin, LEFT, WIDTH - RIGHT)
    plane = Plane(x, Axis(0.0, 1.0, height - BOTTOM, TOP))
    number = sum(len(row.bars) for row in found.rows)
    said = f"{number} jobs in {len(found.rows)} rows from {found.first:%Y-%m-%d %H:%M} to {found.last:%H:%M} UTC."
    parts = (
        _closures(found, plane),
        plane.grid(x.clock_ticks(TICKS), ()),
        _rows(found, x),
        _now(found.now, plane),
        _label(plane),
    )
    return Drawing("gantt-plot", "Jobs by worker", said, "group").svg("chart gantt", WIDTH, height, *parts)


def _rows(found: Gantt, x: Axis) -> SafeString:
    """Made of strings: with hundreds of bars, `format_html` takes longer than all the rest of the page."""
    root = reverse("ab", args=("X",)).removesuffix("X/")
    parts = (part for n, row in enumerate(found.rows) for part in _row(n, row, x, root))
    return mark_safe("".join(parts))  # noqa: S308 - of numbers, our own words and escaped names


def _row(number: int, row: Row, x: Axis, root: str) -> Iterator[str]:
    """Label, base line, bars."""
    middle = TOP + ROW * (number + 0.5)
    label = row.label if len(row.label) <= LONGEST_LABEL else f"…{row.label[1 - LONGEST_LABEL :]}"
    yield f'<text class="row" x="{LEFT - 8}" y="{middle + 4}" text-anchor="end">{escape(label)}</text>'
    yield f'<path class="grid" d="M{x.start} {middle}H{x.end}"/>'
    for bar in row.bars:
        yield _bar(bar, middle, x, root)


def _bar(bar: Bar, middle: float, x: Axis, root: str) -> str:
    mark, (start, end) = JOB_MARKS[bar.state], bar.span
    left = x.at(start)
    wide = max(x.at(end) - left, SLIMMEST)
    until = "now" if bar.running else f"{bar.end:%H:%M:%S}"
    shape = _glyph(mark, left, wide, middle) if bar.state in TROUBLE else ""
    took = f"{bar.start:%H:%M:%S} to {until} UTC, {bar.took.total_seconds():.0f} s"
    return (
        f'<a href="{root}{quote(bar.name, safe=":+")}/" tabindex="-1"><rect class="job fill-{mark.tone}"'
        f' x="{left:.1f}" y="{middle - THICK / 2}" width="{wide:.1f}" height="{THICK}"/>{shape}'
        f"<title>{escape(bar.name)} {mark.word}, {took}</title></a>"
    )


def _glyph(mark: Mark, left: float, wide: float, middle: float) -> str:
    """The shape of a state that needs a look: in its bar, or above a bar that is too slim."""
    inside = wide >= GLYPH + 2
    x, y = left + wide / 2 - GLYPH / 2, middle - (GLYPH / 2 if inside else THICK / 2 + GLYPH - 3)
    where = f'x="{x:.1f}" y="{y:.1f}" width="{GLYPH}" height="{GLYPH}"'
    return f'<use class="{"on" if inside else "above"}" href="#shape-{mark.shape}" {where}/>'


def _closures(found: Gantt, plane: Plane) -> SafeString:
    """Stops and closed windows, shaded over all rows."""
    rows = []
    for closure in found.closures:
        start, end = (plane.x.at(second) for second in closure.span)
        said = f"{closure.stop}: {closure.stop.reason}" if closure.stop else "the window was closed"
        said = f"{said}, {closure.start:%m-%d %H:%M} to {closure.end:%m-%d %H:%M} UTC"
        rows.append((closure.kind, f"{start:.1f}", TOP, f"{max(end - start, SLIMMEST):.1f}", plane.y.start - TOP, said))
    shade = '<rect class="closed {}" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>'
    return format_html_join("", shade, rows)


def _now(now: datetime | None, plane: Plane) -> SafeString:
    if now is None:
        return SafeString("")
    x = f"{plane.x.at(now.timestamp()):.1f}"
    return format_html('<path class="now" d="M{} {}V{}"><title>now</title></path>', x, plane.y.start, plane.y.end)


def _label(plane: Plane) -> SafeString:
    x, y = (plane.x.start + plane.x.end) / 2, plane.y.start + 38
    return format_html('<text class="label" x="{}" y="{}" text-anchor="middle">time / UTC</text>', x, y)
