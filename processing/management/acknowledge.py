"""`phoenix acknowledge`: the acknowledgement of a date as a table."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from processing.management.validate import printable

Write = Callable[[str], object]
HEADINGS = ("STATE", "PRODUCT", "VERSION", "AB", "PART", "TRIES", "SECONDS", "TEXT")


def show(found: Mapping[str, Any], write: Write) -> None:
    """The date with its counts, and a table with a line for each product."""
    counts = ", ".join(f"{number} {state}" for state, number in found["counts"].items() if number)
    write(f"{found['batch']}: {found['state']}, {counts or 'nothing to ingest'}")
    lines = [HEADINGS, *map(cells, found["items"])]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines if found["items"] else ():
        write("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def cells(item: Mapping[str, Any]) -> Sequence[str]:
    """One product, in the order of the headings; what it does not have is a hyphen."""
    seconds = None if item["seconds"] is None else f"{item['seconds']:.1f}"
    values = (item["state"], item["dp_id"], item["version"], item["ab"], item["product"], item["attempts"], seconds)
    return [*("-" if value is None else printable(value) for value in values), printable(item["text"])]
