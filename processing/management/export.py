"""Writes a table to standard output or into a file, row by row."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

from rich.console import Console
from rich.progress import track

from processing.core.table import FORMATS, Row
from processing.workflow.export import Table


def write(table: Table, form: str, out: Callable[[str], object]) -> int:
    """Hand the text of the table to `out`, piece by piece; returns the number of rows."""
    counted = Counted(chain.from_iterable(table.groups))
    for piece in FORMATS[form](table.heading, counted):
        out(piece)
    return counted.number


def write_file(table: Table, form: str, file: Path) -> int:
    """The same into a file, which is there when it is whole; with a bar, if somebody looks.  Raises OSError."""
    partial = file.with_name(f".{file.name}.part")
    try:
        with partial.open("w", encoding="utf-8") as stream:
            number = write(Table(table.heading, table.jobs, shown(table)), form, stream.write)
        partial.rename(file)
    finally:
        partial.unlink(missing_ok=True)
    return number


def shown(table: Table) -> Iterator[Sequence[Row]]:
    """The rows, with a bar on standard error if that is a terminal."""
    console = Console(stderr=True)
    name = table.heading.name
    yield from track(table.groups, name, table.jobs, console=console, disable=not sys.stderr.isatty())


class Counted:
    """Rows, and how many there were."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.rows = rows
        self.number = 0

    def __iter__(self) -> Iterator[Row]:
        for row in self.rows:
            self.number += 1
            yield row
