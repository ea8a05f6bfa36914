"""The page of all dates and instruments; its table is made of strings: a template takes a hundred times longer."""

import datetime
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from html import escape
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from monitor import grid
from monitor.context import prepared
from monitor.grid import MARKS, Cell, Grid
from monitor.pages.guards import page

HUNDRED = 100
NOTHING = '<td class="none"><span class="sr">no data</span><span aria-hidden="true">&ndash;</span></td>'
GLYPHS = {
    name: f'<svg class="glyph" aria-hidden="true"><use href="#shape-{mark.shape}"/></svg>'
    for name, mark in MARKS.items()
}


@page
def everything(request: HttpRequest) -> HttpResponse:
    """Dates and instruments, the newest date on top."""
    names = [str(row.instrument) for row in prepared(request).hours]
    first, last = day(request, "from"), day(request, "to")
    try:
        found = grid.grid(names, first, last)
    except ValueError as error:
        raise Http404(f"This range of dates cannot be shown: {error}.") from error
    context: dict[str, Any] = {
        "names": names,
        "certified": grid.certified() if names else frozenset(),
        "span": found.span,
        "rows": body(found, names),
        "marks": MARKS.values(),
        "most": grid.MOST,
        "live": bool(prepared(request).tally.unfinished),
    }
    if found.span:
        context |= {"older": found.span.moved(-1), "newer": found.span.moved(1) if last else None}
    return render(request, "monitor/grid.html", context)


def day(request: HttpRequest, parameter: str) -> datetime.date | None:
    """A date of the address, None if it is not given; not found for what is no date."""
    text = request.GET.get(parameter, "")
    try:
        return datetime.date.fromisoformat(text) if text else None
    except ValueError:
        raise Http404(f"{parameter} must be a date, YYYY-MM-DD.") from None


def body(found: Grid, names: Sequence[str]) -> SafeString:
    """The rows of the table: a day with a cell per instrument, or a line for days on which there is nothing."""
    safe = {name: escape(name) for name in names}
    root = reverse("date", args=("XX", datetime.date.min)).partition("XX/")[0]
    return mark_safe("".join(_lines(found, safe, root)))  # noqa: S308 - of numbers, our own words and escaped names


def _lines(found: Grid, safe: Mapping[str, str], root: str) -> Iterator[str]:
    below: datetime.date | None = None
    for at, cells in found.cells.items():
        if below and (missing := (below - at).days - 1):
            yield _gap(missing, len(safe))
        iso, spoken = at.isoformat(), f"{at.day} {at:%B %Y}"
        drawn = "".join(_cell(cells[n], name, iso, spoken, root) if n in cells else NOTHING for n, name in safe.items())
        yield f'<tr><th scope="row"><time datetime="{iso}">{iso}</time> <small>{at:%a}</small></th>{drawn}</tr>\n'
        below = at


def _gap(days: int, columns: int) -> str:
    what = f"{days} days" if days > 1 else "1 day"
    return f'<tr class="gap"><td colspan="{columns + 1}">{what} without data</td></tr>\n'


def _cell(cell: Cell, name: str, iso: str, spoken: str, root: str) -> str:
    told, drawn = _look(cell)
    return (
        f'<td><a class="{cell.mark.tone}" href="{root}{name}/{iso}/">'
        f'<span class="sr">{name}, {spoken}, {told}</span>{drawn}</a></td>'
    )


@lru_cache(maxsize=1 << 14)
def _look(cell: Cell) -> tuple[str, str]:
    """What is said of any date that stands so, and how it is drawn."""
    numbers = f"{cell.done} of {cell.of}" if cell.of else ""
    told = [cell.mark.word, numbers, f"{cell.failed} failed" if cell.failed else "", escape(cell.why)]
    shown = (
        f'<b aria-hidden="true">{cell.done}/{cell.of}</b>{_bar(cell)}' if cell.of and cell.standing != "skipped" else ""
    )
    why = escape(cell.why) if cell.why else "" if shown else cell.mark.word
    small = f'<small aria-hidden="true">{why}</small>' if why else ""
    return ", ".join(part for part in told if part), f"{GLYPHS[cell.standing]}{shown}{small}"


def _bar(cell: Cell) -> str:
    done, failed = _percent(cell.done, cell.of), _percent(cell.failed, cell.of)
    parts = f'<path class="fill-done" d="M0 0h{done}v4H0z"/>' if done else ""
    parts += f'<path class="fill-failed" d="M{done} 0h{failed}v4H{done}z"/>' if failed else ""
    return f'<svg class="thin" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">{parts}</svg>'


def _percent(number: int, of: int) -> int:
    """Whole per cent; of what is there at least one, and of what is not all at most 99."""
    return min(max(number * HUNDRED // of, 1), HUNDRED - (number < of)) if number else 0
