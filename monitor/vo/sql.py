"""SQL with its parameters, put together piece by piece; a user's text is never a part of it."""

from collections.abc import Iterable
from dataclasses import dataclass

from monitor.vo.tables import Column, Kind

Param = str | int | float | None


@dataclass(frozen=True)
class Sql:
    """SQL with %s for each parameter, and the parameters in that order."""

    text: str
    params: tuple[Param, ...] = ()


@dataclass(frozen=True)
class Value:
    """The SQL of a value, what kind it is, and the column if it is just that."""

    sql: Sql
    kind: Kind
    column: Column | None = None


def build(template: str, *parts: Sql) -> Sql:
    """The template with a part for each {}, in order."""
    return Sql(template.format(*(part.text for part in parts)), tuple(p for part in parts for p in part.params))


def join(between: str, parts: Iterable[Sql]) -> Sql:
    """The parts with something between them."""
    listed = list(parts)
    return Sql(between.join(part.text for part in listed), tuple(p for part in listed for p in part.params))


def number(value: float) -> Sql:
    """A number as a parameter of a type that the database knows."""
    return Sql("CAST(%s AS double precision)" if isinstance(value, float) else "CAST(%s AS bigint)", (value,))


def text(value: str) -> Sql:
    """A text as a parameter of a type that the database knows."""
    return Sql("CAST(%s AS text)", (value,))
