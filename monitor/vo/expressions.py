"""Parses ADQL's values and conditions, from OR down to a single number."""

from monitor.vo.errors import BadQuery
from monitor.vo.stream import MOST, Stream
from monitor.vo.tokens import Kind
from monitor.vo.tree import (
    Between,
    Call,
    Comparison,
    In,
    IsNull,
    Like,
    Logic,
    Name,
    Node,
    Not,
    Number,
    Operation,
    Sign,
    Star,
    Text,
)

COMPARISONS = {"=": "=", "<>": "<>", "!=": "<>", "<": "<", ">": ">", "<=": "<=", ">=": ">="}
LARGEST = 2**63


def condition(stream: Stream) -> Node:
    """Conditions joined by OR."""
    with stream.deeper():
        return _joined(stream, "OR")


def _joined(stream: Stream, word: str) -> Node:
    at = stream.next.at
    member = _denied if word == "AND" else lambda s: _joined(s, "AND")
    found = [member(stream)]
    while stream.skip(word):
        found.append(member(stream))
        if len(found) > MOST:
            raise BadQuery(f"At most {MOST} conditions can be joined", stream.next.at)
    return found[0] if len(found) == 1 else Logic(word, tuple(found), at)


def _denied(stream: Stream) -> Node:
    at = stream.next.at
    if not stream.skip("NOT"):
        return _predicate(stream)
    with stream.deeper():
        return Not(_denied(stream), at)


def _predicate(stream: Stream) -> Node:
    """A comparison or the like; what stands in brackets may be a condition or a value, so a lone value passes here."""
    left, at = value(stream), stream.next.at
    if sign := COMPARISONS.get(stream.next.word):
        stream.take()
        return Comparison(sign, left, value(stream), at)
    if stream.skip("IS"):
        negated = stream.skip("NOT")
        stream.expect("NULL")
        return IsNull(left, negated, at)
    negated = stream.skip("NOT")
    if stream.skip("BETWEEN"):
        low = value(stream)
        stream.expect("AND")
        return Between(left, low, value(stream), negated, at)
    if stream.skip("IN"):
        return In(left, _choices(stream), negated, at)
    if stream.comes("LIKE") or stream.comes("ILIKE"):
        blind = stream.take().word == "ILIKE"
        return Like(left, value(stream), negated, blind, at)
    if negated:
        raise stream.error("BETWEEN, IN or LIKE")
    return left


def _choices(stream: Stream) -> tuple[Node, ...]:
    stream.expect("(")
    found = stream.listed(lambda: value(stream))
    stream.expect(")")
    return found


def value(stream: Stream) -> Node:
    """Terms joined by + - ||."""
    with stream.deeper():
        return _chain(stream, ("+", "-", "||"))


def _chain(stream: Stream, signs: tuple[str, ...]) -> Node:
    member = _signed if "*" in signs else lambda s: _chain(s, ("*", "/"))
    left, length = member(stream), 0
    while stream.next.kind is Kind.SIGN and stream.next.word in signs:
        sign, length = stream.take(), length + 1
        if length > 100:  # noqa: PLR2004 - the tree grows one level for each
            raise BadQuery("A value joins at most 100 others", sign.at)
        left = Operation(sign.word, left, member(stream), sign.at)
    return left


def _signed(stream: Stream) -> Node:
    at = stream.next.at
    for sign in ("-", "+"):
        if stream.skip(sign):
            with stream.deeper():
                return Sign(sign, _signed(stream), at)
    return _single(stream)


def _single(stream: Stream) -> Node:
    token = stream.next
    if token.kind is Kind.NUMBER:
        return Number(_number(stream), token.at)
    if token.kind is Kind.TEXT:
        return Text(stream.take().text, token.at)
    if stream.skip("("):
        inner = condition(stream)
        stream.expect(")")
        return inner
    if not stream.is_name():
        raise stream.error("a column, a number, a text or a function")
    parts = stream.parts("a column")
    if len(parts) == 1 and token.kind is Kind.NAME and stream.skip("("):
        return _call(stream, parts[0].upper(), token.at)
    return Name(parts, token.at)


def _number(stream: Stream) -> int | float:
    token = stream.take()
    if token.text.isdigit():
        whole = int(token.text) if len(token.text) <= 19 else LARGEST  # noqa: PLR2004 - as many digits as 2**63 has
        if whole < LARGEST:
            return whole
    number = float(token.text)
    if number == float("inf"):
        raise BadQuery("This number is too large", token.at)
    return number


def _call(stream: Stream, name: str, at: int) -> Node:
    if stream.skip(")"):
        return Call(name, (), at=at)
    distinct = stream.skip("DISTINCT")
    if stream.next.word == "*":
        arguments: tuple[Node, ...] = (Star(at=stream.take().at),)
    else:
        arguments = stream.listed(lambda: value(stream))
    stream.expect(")")
    return Call(name, arguments, distinct, at)
