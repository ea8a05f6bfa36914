"""Lists as lines of text: CSV and NDJSON, row by row."""

import csv as csv_module
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from rest_framework.utils.encoders import JSONEncoder

Row = Mapping[str, Any]


class Line:
    """What the csv module writes to: keeps the last line."""

    text = ""

    def write(self, text: str) -> None:
        """Keep it."""
        self.text = text


def csv(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    """A line of names, and a line per row; nothing stands for null and for numbers that are not finite."""
    line = Line()
    writer = csv_module.writer(line, lineterminator="\n")
    writer.writerow(columns)
    yield line.text
    for row in rows:
        writer.writerow([cell(row.get(name)) for name in columns])
        yield line.text


def ndjson(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    """A JSON object per row."""
    for row in rows:
        yield f"{as_json({name: row.get(name) for name in columns})}\n"


def cell(value: Any) -> str:
    """A value as text; lists and objects as JSON."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date | datetime):
        return str(as_json(value)).strip('"')
    return as_json(value) if isinstance(value, list | tuple | Mapping) else str(value)


def as_json(value: Any) -> str:
    """One line of JSON; null for numbers that are not finite."""
    try:
        return json.dumps(value, cls=JSONEncoder, ensure_ascii=False, allow_nan=False)
    except ValueError:
        return json.dumps(json.loads(json.dumps(value, cls=JSONEncoder), parse_constant=lambda _: None))
