"""Cuts an ADQL query into tokens."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from monitor.vo.errors import BadQuery

LONGEST = 60_000
"""Characters of a query."""


class Kind(StrEnum):
    """What a token is."""

    NAME = "a name"
    QUOTED = "a quoted name"
    NUMBER = "a number"
    TEXT = "a text"
    SIGN = "a sign"
    END = "the end of the query"


@dataclass(frozen=True)
class Token:
    """A piece of the query and its place; names keep their case, texts and quoted names have lost their quotes."""

    kind: Kind
    text: str
    at: int

    @property
    def word(self) -> str:
        """In capitals if it may be a keyword."""
        return self.text.upper() if self.kind in (Kind.NAME, Kind.SIGN) else ""

    def __str__(self) -> str:
        return "the end of the query" if self.kind is Kind.END else f"{self.text[:40]!r}"


_FORMS = re.compile(
    r"""(?P<BLANK>(?:\s|--[^\n]*)+)
      | (?P<NUMBER>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
      | (?P<NAME>[A-Za-z][A-Za-z0-9_]*)
      | (?P<QUOTED>"(?:[^"]|"")+")
      | (?P<TEXT>'(?:[^']|'')*')
      | (?P<SIGN><>|!=|<=|>=|\|\||[-+*/=<>(),.;])""",
    re.VERBOSE | re.ASCII,
)


def tokens(query: str) -> list[Token]:
    """All tokens, the end last; raises `BadQuery`."""
    if len(query) > LONGEST:
        raise BadQuery(f"The query is longer than {LONGEST} characters")
    if "\0" in query:
        raise BadQuery("The query holds a NUL character", query.index("\0"))
    return [*_found(query), Token(Kind.END, "", len(query.rstrip()))]


def _found(query: str) -> Iterator[Token]:
    at = 0
    while at < len(query):
        match = _FORMS.match(query, at)
        if match is None:
            what = {"'": "This text has no end", '"': "This quoted name has no end"}
            raise BadQuery(what.get(query[at], f"{query[at]!r} has no place in a query"), at)
        name, text = str(match.lastgroup), match[0]
        if name != "BLANK":
            yield Token(Kind[name], _bare(name, text), at)
        at = match.end()


def _bare(name: str, text: str) -> str:
    if name in ("TEXT", "QUOTED"):
        return text[1:-1].replace(text[0] * 2, text[0])
    return text
