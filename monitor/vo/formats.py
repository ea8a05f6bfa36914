"""Writes answers row by row: VOTable, CSV, TSV and JSON, from chunks of rows to chunks of text."""

import csv
import io
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from monitor.vo.compiler import Field
from monitor.vo.errors import BadQuery, Unanswered
from monitor.vo.tables import Kind

Chunks = Iterable[list[Sequence[Any]]]
Writer = Callable[[Sequence[Any]], Iterable[str]]
VOTABLE = "application/x-votable+xml"
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">\n<RESOURCE type="results">\n'
)
TAIL = "</RESOURCE>\n</VOTABLE>\n"
SEPARATOR = "\n"
"""Between texts that are escaped together; hardly any has it inside."""
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ODD = {"nan": "NaN", "inf": "+Inf", "-inf": "-Inf"}
"""What is no number, as VOTable writes it."""


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
    writers = [_cells(field) for field in fields]
    end = ""
    try:
        for chunk in rows:
            yield _lines(writers, chunk)
    except Unanswered as error:
        end = info("QUERY_STATUS", "ERROR", str(error))
    if rows.more:
        end += info("QUERY_STATUS", "OVERFLOW")
    yield f"</TABLEDATA></DATA>\n</TABLE>\n{end}{TAIL}"


def _lines(writers: Sequence[Writer], chunk: Sequence[Sequence[Any]]) -> str:
    """The rows of a chunk; what is the same in all of them, as half of the columns mostly are, is written once."""
    cells, varied = [], []
    for write, column in zip(writers, zip(*chunk, strict=True), strict=True):
        if column.count(column[0]) == len(column):
            [text] = write(column[:1])
            cells.append(text.replace("%", "%%"))
        else:
            cells.append("%s")
            varied.append(write(column))
    row = f"<TR><TD>{'</TD><TD>'.join(cells)}</TD></TR>\n"
    found = zip(*varied, strict=True) if varied else [()] * len(chunk)
    return "".join([row % texts for texts in found])


def failure(sentence: str) -> str:
    """The document that says why there is no answer."""
    return HEAD + info("QUERY_STATUS", "ERROR", sentence) + TAIL


def info(name: str, value: str, text: str = "") -> str:
    """An INFO element."""
    return f"<INFO name={quoteattr(name)} value={quoteattr(value)}>{escape(printable(text))}</INFO>\n"


def printable(text: str) -> str:
    """Without what XML cannot hold."""
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)


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


def _cells(field: Field) -> Writer:
    """How a column of a chunk becomes texts; what is NULL becomes empty."""
    if field.kind is Kind.DOUBLE:
        return _doubles
    return _wholes if field.kind.is_number else _texts


def _wholes(cells: Sequence[Any]) -> Iterable[str]:
    return ["" if cell is None else str(int(cell)) for cell in cells]


def _doubles(cells: Sequence[Any]) -> Iterable[str]:
    """All at once if there is nothing odd among them."""
    if None not in cells and math.isfinite(sum(cells)):
        return map(repr, map(float, cells))
    return ["" if cell is None else _ODD.get(repr(float(cell)), repr(float(cell))) for cell in cells]


def _texts(cells: Sequence[Any]) -> Iterable[str]:
    """All at once: a chunk is escaped by a handful of calls."""
    whole = SEPARATOR.join(["" if cell is None else cell for cell in cells] if None in cells else cells)
    if whole.count(SEPARATOR) >= len(cells):
        return [escape(printable(cell or "")) for cell in cells]
    return escape(printable(whole)).split(SEPARATOR)


def separated(fields: Sequence[Field], rows: Truncated, sign: str) -> Iterator[str]:
    """CSV or TSV with a line of names; a failure breaks the transfer, since there is no other way to say it."""
    page = io.StringIO()
    writer = csv.writer(page, delimiter=sign, lineterminator="\r\n")
    writer.writerow([field.name for field in fields])
    yield page.getvalue()
    for chunk in rows:
        page.seek(0)
        page.truncate()
        writer.writerows(_plain(fields, chunk))
        yield page.getvalue()


def _plain(fields: Sequence[Field], chunk: Sequence[Sequence[Any]]) -> Sequence[Sequence[Any]]:
    """The rows, with nothing in place of numbers that are not finite; copied only if there are any."""
    columns = zip(fields, zip(*chunk, strict=True), strict=True)
    doubles = [column for field, column in columns if field.kind is Kind.DOUBLE]
    if all(math.isfinite(sum(filter(None, column))) for column in doubles):
        return chunk
    return [[*map(_finite, row)] for row in chunk]


def _finite(cell: Any) -> Any:
    return None if isinstance(cell, float) and not math.isfinite(cell) else cell


def as_json(fields: Sequence[Field], rows: Truncated) -> Iterator[str]:
    """One object: `metadata`, `data` in rows, and `status`."""
    metadata = [
        {"name": f.name, "datatype": f.kind.datatype, "unit": f.column.unit if f.column else ""} for f in fields
    ]
    yield f'{{"metadata": {json.dumps(metadata)},\n"data": ['
    between = "\n"
    for chunk in rows:
        yield between + ",\n".join(json.dumps([*map(_finite, row)]) for row in chunk)
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
