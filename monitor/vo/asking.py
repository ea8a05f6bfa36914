"""From the parameters of a query to its answer: the way that both the waiting and the lone query take."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.conf import settings

from monitor.vo import database
from monitor.vo.catalogue import BY_NAME
from monitor.vo.compiler import Compiled, compiled
from monitor.vo.errors import BadQuery
from monitor.vo.formats import Format, Truncated, chosen
from monitor.vo.grammar import parse

KNOWN = ("LANG", "QUERY", "MAXREC", "RESPONSEFORMAT", "FORMAT", "RUNID", "REQUEST", "VERSION", "UPLOAD", "PHASE")
LANGUAGES = ("ADQL", "ADQL-2.0", "ADQL-2.1")
DIGITS = 18


@dataclass(frozen=True)
class Asked:
    """A query that was understood; `most` rows are given, and one more is asked for to know whether there are."""

    compiled: Compiled
    format: Format
    most: int


def read(given: Mapping[str, str], base: str) -> Asked:
    """What the parameters (names in capitals) ask for; raises `BadQuery`."""
    if given.get("REQUEST", "doQuery") != "doQuery":
        raise BadQuery("REQUEST: there is doQuery")
    if given.get("UPLOAD"):
        raise BadQuery("UPLOAD: tables cannot be uploaded here")
    language = given.get("LANG", "")
    if language.upper() not in LANGUAGES:
        raise BadQuery(f"LANG: there are {', '.join(LANGUAGES)}")
    if not given.get("QUERY", "").strip():
        raise BadQuery("QUERY is missing")
    form = chosen(given.get("RESPONSEFORMAT") or given.get("FORMAT") or "votable")
    most = rows(given.get("MAXREC", ""))
    tree = parse(given["QUERY"])
    whole = compiled(tree, BY_NAME, database.vendor(), base, most + 1)
    return Asked(whole, form, most)


def rows(given: str) -> int:
    """MAXREC as far as it is allowed; raises `BadQuery`."""
    limit = int(settings.PHOENIX["TAP_ROWS"])
    if not given:
        return limit
    if not (given.isascii() and given.isdigit()) or len(given) > DIGITS:
        raise BadQuery("MAXREC is a whole number, 0 or more")
    return min(int(given), limit)


@contextlib.contextmanager
def answered(asked: Asked, seconds: float) -> Iterator[Iterator[str]]:
    """The answer in pieces; raises `Unanswered` if the first rows cannot be computed."""
    with database.answer(asked.compiled.sql, seconds) as chunks:
        yield asked.format.write(asked.compiled.fields, Truncated(chunks, asked.most), {})
