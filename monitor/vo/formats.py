"""Writes answers row by row: VOTable, CSV, TSV and JSON, from chunks of rows to chunks of text."""

import csv
import io
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from monitor.vo.compiler import Field
from monitor.vo.errors import BadQuery, Unanswered

Chunks = Iterable[list[Sequence[Any]]]
VOTABLE = "application/x-votable+xml"
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">\n<RESOURCE type="results">\n'
)
TAIL = "</RESOURCE>\n</VOTABLE>\n"
SEPARATOR = "\x1f"
"""Between texts that are escaped together; no column holds it, and XML could not."""


class Truncated:
    """Rows up to a limit; afterwards `more` says whether there would have been others."""

    def __init__(self, chunks: Chunks, most: int) -> None:
        self.chunks, self.most, self.more = chunks, most, most == 0

    def __iter__(self) -> Iterator[list[Sequence[Any]]]:
        left = self.most
        for chunk in self.chunks:
            if len(chunk) > left:
                self.more = True
            if left:
                yield chunk[:left]
            left -= min(left, len(chunk))
            if self.more:
                return


def votable(fields: Sequence[Field], rows: Truncated, about: Mapping[str, str]) -> Iterator[str]:
    """A VOTable in TABLEDATA; a failure on the way is said at its end."""
    yield HEAD + info("QUERY_STATUS", "OK") + "".join(info(name, value) for name, value in about.items())
    yield "<TABLE>\n" + "".join(_field(number, field) for number, field in enumerate(fields)) + "<DATA><TABLEDATA>\n"
    row = f"<TR>{'<TD>%s</TD>' * len(fields)}</TR>\n"
    writers = [_cells(field) for field in fields]
    end = ""
    try:
        for chunk in rows:
            columns = [write(column) for write, column in zip(writers, zip(*chunk, strict=True), strict=True)]
            yield "".join([row % cells for cells in zip(*columns, strict=True)])
    except Unanswered as error:
        end = info("QUERY_STATUS", "ERROR", str(error))
    if rows.more:
        end += info("QUERY_STATUS", "OVERFLOW")
    yield f"</TABLEDATA></DATA>\n</TABLE>\n{end}{TAIL}"


def failure(sentence: str) -> str:
    """The document that says why there is no answer."""
    return HEAD + info("QUERY_STATUS", "ERROR", sentence) + TAIL


def info(name: str, value: str, text: str = "") -> str:
    """An INFO element."""
    return f"<INFO name={quoteattr(name)} value={quoteattr(value)}>{escape(printable(text))}</INFO>\n"


def printable(text: str) -> str:
    """Without what XML cannot hold."""
    return "".join(sign if sign >= " " or sign in "\t\n\r" else "\N{REPLACEMENT CHARACTER}" for sign in text).replace(
        "\ufffe", "\N{REPLACEMENT CHARACTER}"
    ).replace("\uffff", "\N{REPLACEMENT CHARACTER}")  # fmt: skip


def _field(number: int, field: Field) -> str:
    column = field.column
    attributes = {
        "ID": f"col{number + 1}",
        "name": field.name,
        "datatype": field.kind.datatype,
        "arraysize": field.kind.arraysize,
        "xtype": field.kind.xtype,
        "unit": column.unit if column else "",
        "ucd": column.ucd if column else "",
        "utype": column.utype if column else "",
    }
    listed = " ".join(f"{name}={quoteattr(printable(value))}" for name, value in attributes.items() if value)
    description = f"<DESCRIPTION>{escape(column.description)}</DESCRIPTION>" if column else ""
    return f"<FIELD {listed}>{description}</FIELD>\n"


def _cells(field: Field) -> Callable[[Sequence[Any]], Iterable[str]]:
    """How a column of a chunk becomes texts; what is NULL becomes empty."""
    if field.kind.is_number:
        as_number = float if field.kind.datatype == "double" else int
        return lambda cells: [_odd("" if cell is None else repr(as_number(cell))) for cell in cells]
    return _texts


_NAMES = {"nan": "NaN", "inf": "+Inf", "-inf": "-Inf"}


def _odd(text: str) -> str:
    """What is no number has another name in VOTable."""
    return _NAMES.get(text, text)


def _texts(cells: Sequence[Any]) -> list[str]:
    """All at once: a chunk is escaped by a handful of calls."""
    whole = SEPARATOR.join(["" if cell is None else cell.replace(SEPARATOR, " ") for cell in cells])
    if not whole.isprintable():
        whole = SEPARATOR.join(printable(text) for text in whole.split(SEPARATOR))
    return escape(whole).split(SEPARATOR)


def separated(fields: Sequence[Field], rows: Truncated, sign: str) -> Iterator[str]:
    """CSV or TSV with a line of names; a failure breaks the transfer, since there is no other way to say it."""
    page = io.StringIO()
    writer = csv.writer(page, delimiter=sign, lineterminator="\r\n")
    writer.writerow([field.name for field in fields])
    yield page.getvalue()
    for chunk in rows:
        page.seek(0)
        page.truncate()
        writer.writerows(chunk)
        yield page.getvalue()


_ODD = (math.inf, -math.inf)


def as_json(fields: Sequence[Field], rows: Truncated) -> Iterator[str]:
    """One object: `metadata`, `data` in rows, and `status`."""
    metadata = [
        {"name": f.name, "datatype": f.kind.datatype, "unit": f.column.unit if f.column else ""} for f in fields
    ]
    yield f'{{"metadata": {json.dumps(metadata)},\n"data": ['
    between = "\n"
    for chunk in rows:
        for row in chunk:
            yield between + json.dumps([None if cell in _ODD or cell != cell else cell for cell in row])  # noqa: PLR0124
            between = ",\n"
    yield f'\n],\n"status": "{"OVERFLOW" if rows.more else "OK"}"}}\n'


@dataclass(frozen=True)
class Format:
    """A form that answers can have."""

    name: str
    content_type: str
    suffix: str
    write: Callable[[Sequence[Field], Truncated, Mapping[str, str]], Iterator[str]]


FORMATS: Mapping[str, Format] = {
    "votable": Format("votable", VOTABLE, "xml", votable),
    "csv": Format("csv", "text/csv;header=present", "csv", lambda f, r, _: separated(f, r, ",")),
    "tsv": Format("tsv", "text/tab-separated-values", "tsv", lambda f, r, _: separated(f, r, "\t")),
    "json": Format("json", "application/json", "json", lambda f, r, _: as_json(f, r)),
}
MEDIA_TYPES: Mapping[str, str] = {
    VOTABLE: "votable",
    f"{VOTABLE};serialization=tabledata": "votable",
    "votable/td": "votable",
    "text/xml": "votable",
    "application/xml": "votable",
    "text/csv": "csv",
    "text/csv;header=present": "csv",
    "text/tab-separated-values": "tsv",
    "application/json": "json",
}


def chosen(name: str) -> Format:
    """The form that RESPONSEFORMAT names; raises `BadQuery` for one that there is not."""
    wanted = name.lower().replace(" ", "")
    found = FORMATS.get(MEDIA_TYPES.get(wanted, wanted))
    if found is None:
        raise BadQuery(f"RESPONSEFORMAT: there are {', '.join(FORMATS)}")
    return found
