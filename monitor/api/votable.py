"""Lists as VOTables (IVOA VOTable 1.4, DALI 1.1): typed columns with units and UCDs."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple
from xml.sax.saxutils import escape, quoteattr

from monitor.api.tables import cell

MOST = 10_000
LARGEST = 2**63
Row = Mapping[str, Any]
HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">
<RESOURCE type="results">
<INFO name="QUERY_STATUS" value="OK"/>
<TABLE>
"""
OVERFLOW = '<INFO name="QUERY_STATUS" value="OVERFLOW"/>\n'


class Meaning(NamedTuple):
    """What is known of the columns of one name: UCD, unit, and extended type."""

    ucd: str
    unit: str = ""
    xtype: str = ""


TIME = Meaning("time.epoch", xtype="timestamp")
MEANINGS: Mapping[str, Meaning] = {
    "dp_id": Meaning("meta.id;meta.dataset"),
    "ab": Meaning("meta.id"),
    "name": Meaning("meta.id"),
    "id": Meaning("meta.id"),
    "instrument": Meaning("meta.id;instr"),
    "date": TIME,
    "at": TIME,
    "seen": TIME,
    "registered": TIME,
    "prepared": TIME,
    "claimed": TIME,
    "started": TIME,
    "processed": TIME,
    "ended": TIME,
    "finished": TIME,
    "queued": TIME,
    "resumed": TIME,
    "created": TIME,
    "edited": TIME,
    "certified": TIME,
    "closed": TIME,
    "updated": TIME,
    "next_opening": TIME,
    "state": Meaning("meta.code"),
    "status": Meaning("meta.code"),
    "reason": Meaning("meta.code.error"),
    "sentence": Meaning("meta.note"),
    "recipe": Meaning("meta.id;meta.software"),
    "category": Meaning("meta.code.class"),
    "version": Meaning("meta.version"),
    "url": Meaning("meta.ref.url"),
    "target": Meaning("meta.id;src"),
    "prog_id": Meaning("meta.id"),
    "ob_id": Meaning("meta.id"),
    "seconds": Meaning("time.duration", "s"),
    "cpu_seconds": Meaning("time.duration", "s"),
    "memory": Meaning("phys.size", "byte"),
    "size": Meaning("phys.size;meta.file", "byte"),
    "ra": Meaning("pos.eq.ra;meta.main", "deg"),
    "dec": Meaning("pos.eq.dec;meta.main", "deg"),
    "mjd_obs": Meaning("time.start;obs.exposure", "d"),
    "exptime": Meaning("time.duration;obs.exposure", "s"),
    "wave_min": Meaning("em.wl;stat.min", "nm"),
    "wave_max": Meaning("em.wl;stat.max", "nm"),
    "snr": Meaning("stat.snr"),
    "sha256": Meaning("meta.checksum"),
}


def write(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    """The document, of at most 10,000 rows; it says so if there are more."""
    found = list(islice(rows, MOST + 1))
    yield HEAD
    for name in columns:
        yield field(name, [row.get(name) for row in found])
    yield "<DATA>\n<TABLEDATA>\n"
    for row in found[:MOST]:
        yield f"<TR>{''.join(f'<TD>{text(row.get(name))}</TD>' for name in columns)}</TR>\n"
    yield "</TABLEDATA>\n</DATA>\n</TABLE>\n"
    yield (OVERFLOW if len(found) > MOST else "") + "</RESOURCE>\n</VOTABLE>\n"


def field(name: str, values: Sequence[Any]) -> str:
    """The description of a column."""
    meaning = MEANINGS.get(name, Meaning(""))
    datatype = type_of([value for value in values if value is not None])
    attributes = {"name": name, "datatype": datatype, "ucd": meaning.ucd}
    if datatype == "char":
        # As UTF-8, as the whole document; VOTable 1.4 has no better word for a text of any length.
        attributes |= {"arraysize": "*", "xtype": meaning.xtype}
    else:
        attributes |= {"unit": meaning.unit}
    written = " ".join(f"{key}={quoteattr(value)}" for key, value in attributes.items() if value)
    return f"<FIELD {written}/>\n"


def type_of(values: Sequence[Any]) -> str:
    """The narrowest type of VOTable that holds all values."""
    kinds = {type(value) for value in values}
    if kinds == {bool}:
        return "boolean"
    if kinds == {int} and all(-LARGEST <= value < LARGEST for value in values):
        return "long"
    return "double" if kinds and kinds <= {int, float} else "char"


def text(value: Any) -> str:
    """A cell; signs that XML cannot hold are left out."""
    if isinstance(value, float) and not math.isfinite(value):
        return ""
    return escape("".join(sign for sign in cell(value) if sign >= " " or sign in "\t\n"))
