"""Tables as text, line by line: CSV, JSON and VOTable of any length in little memory."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

Value = float | int | str | None
Row = Sequence[Value]
# What XML 1.0 cannot hold, not even escaped.
NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
DATATYPES = {float: 'datatype="double"', int: 'datatype="int"', str: 'datatype="unicodeChar" arraysize="*"'}


@dataclass(frozen=True)
class Column:
    """A column: what its values are, in which unit (VOUnits), and of which kind (UCD1+)."""

    name: str
    kind: type[float] | type[int] | type[str]
    unit: str = ""
    ucd: str = ""
    meaning: str = ""


@dataclass(frozen=True)
class Heading:
    """What stands above the rows."""

    name: str
    meaning: str
    columns: Sequence[Column]


def csv_lines(heading: Heading, rows: Iterable[Row]) -> Iterator[str]:
    """A line with the names, then one for each row; what is not known is empty (RFC 4180, but for the line ends)."""
    yield csv_line([column.name for column in heading.columns])
    yield from map(csv_line, rows)


def csv_line(row: Row) -> str:
    """One row, quoted where it has to be."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(row)
    return line.getvalue()


def json_lines(heading: Heading, rows: Iterable[Row]) -> Iterator[str]:
    """One list of objects."""
    names = [column.name for column in heading.columns]
    start = "[\n"
    for row in rows:
        yield start + json.dumps(dict(zip(names, row, strict=True)), allow_nan=False)
        start = ",\n"
    yield "[]\n" if start == "[\n" else "\n]\n"


def votable_lines(heading: Heading, rows: Iterable[Row]) -> Iterator[str]:
    """A VOTable 1.4 with its rows as text (TABLEDATA)."""
    yield (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">\n'
        f'<RESOURCE type="results">\n<TABLE name={quoted(heading.name)}>\n'
        f"<DESCRIPTION>{text(heading.meaning)}</DESCRIPTION>\n"
    )
    yield from map(field, heading.columns)
    yield "<DATA>\n<TABLEDATA>\n"
    for row in rows:
        yield f"<TR>{''.join(f'<TD>{text(value)}</TD>' for value in row)}</TR>\n"
    yield "</TABLEDATA>\n</DATA>\n</TABLE>\n</RESOURCE>\n</VOTABLE>\n"


def field(column: Column) -> str:
    """The declaration of a column."""
    more = "".join(f" {name}={quoted(value)}" for name, value in (("unit", column.unit), ("ucd", column.ucd)) if value)
    meaning = f"<DESCRIPTION>{text(column.meaning)}</DESCRIPTION>" if column.meaning else ""
    return f"<FIELD name={quoted(column.name)} {DATATYPES[column.kind]}{more}>{meaning}</FIELD>\n"


def text(value: Value) -> str:
    """A value between tags."""
    return "" if value is None else escape(NO_XML.sub("", str(value)))


def quoted(value: str) -> str:
    """A value in a tag."""
    return quoteattr(NO_XML.sub("", value))


FORMATS: Mapping[str, Callable[[Heading, Iterable[Row]], Iterator[str]]] = {
    "csv": csv_lines,
    "json": json_lines,
    "votable": votable_lines,
}
