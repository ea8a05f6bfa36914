"""Parses an ADQL query: one SELECT over tables and joins."""

from monitor.vo.errors import BadQuery
from monitor.vo.expressions import condition, value
from monitor.vo.stream import Stream
from monitor.vo.tokens import Kind
from monitor.vo.tree import Item, Node, Order, Select, Source, Star

TABLES = 8
"""Of a FROM."""


def parse(query: str) -> Select:
    """The tree of a query; raises `BadQuery`."""
    stream = Stream(query)
    stream.expect("SELECT")
    distinct = stream.skip("DISTINCT")
    stream.skip("ALL")
    top = stream.whole("a whole number after TOP") if stream.skip("TOP") else None
    items = stream.listed(lambda: _item(stream))
    stream.expect("FROM")
    found = Select(
        items,
        _sources(stream),
        distinct,
        top,
        where=condition(stream) if stream.skip("WHERE") else None,
        groups=_terms(stream, "GROUP"),
        having=condition(stream) if stream.skip("HAVING") else None,
        orders=stream.listed(lambda: _order(stream)) if stream.skip("ORDER", "BY") else (),
        offset=stream.whole("a whole number after OFFSET") if stream.skip("OFFSET") else 0,
    )
    stream.skip(";")
    if stream.next.kind is not Kind.END:
        raise stream.error("the end of the query")
    return found


def _terms(stream: Stream, word: str) -> tuple[Node, ...]:
    return stream.listed(lambda: value(stream)) if stream.skip(word, "BY") else ()


def _item(stream: Stream) -> Node:
    at = stream.next.at
    if stream.skip("*"):
        return Star(at=at)
    found = value(stream)
    if stream.comes(".", "*"):
        stream.skip(".", "*")
        return Star(getattr(found, "parts", ()), at)
    if stream.skip("AS"):
        return Item(found, stream.name("a name after AS"), at)
    return Item(found, stream.take().text if stream.is_name() else "", at)


def _order(stream: Stream) -> Order:
    at = stream.next.at
    found = value(stream)
    descending = stream.skip("DESC")
    if not descending:
        stream.skip("ASC")
    return Order(found, descending, at)


def _sources(stream: Stream) -> tuple[Source, ...]:
    found = [_source(stream)]
    while joined := _joined(stream):
        found.append(joined)
        if len(found) > TABLES:
            raise BadQuery(f"A query reads at most {TABLES} tables", stream.next.at)
    return tuple(found)


def _source(stream: Stream, join: str = "") -> Source:
    at = stream.next.at
    parts = stream.parts("the name of a table")
    named = stream.skip("AS")
    alias = stream.name("a name after AS") if named or stream.is_name() else ""
    return Source(parts, alias, join, at=at)


def _joined(stream: Stream) -> Source | None:
    if stream.skip(",") or stream.skip("CROSS", "JOIN"):
        return _source(stream, "CROSS")
    if stream.comes("NATURAL"):
        raise BadQuery("NATURAL JOIN is not supported; name the columns with USING or ON", stream.next.at)
    join = _kind(stream)
    if not join:
        return None
    source = _source(stream, join)
    if stream.skip("ON"):
        return Source(source.parts, source.alias, join, condition(stream), at=source.at)
    if not stream.skip("USING"):
        raise stream.error("ON or USING")
    stream.expect("(")
    columns = stream.listed(lambda: stream.name("a column"))
    stream.expect(")")
    return Source(source.parts, source.alias, join, None, columns, source.at)


def _kind(stream: Stream) -> str:
    if stream.skip("JOIN") or stream.skip("INNER", "JOIN"):
        return "INNER"
    for word in ("LEFT", "RIGHT", "FULL"):
        if stream.skip(word):
            stream.skip("OUTER")
            stream.expect("JOIN")
            return word
    return ""
