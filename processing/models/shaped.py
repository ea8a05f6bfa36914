"""Rows that are written: each statement is composed once for all of its shape, and not each time for its values."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import chain
from typing import Any, NamedTuple

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import Field, Model, Q
from django.db.models.constants import OnConflict

from processing.models.composed import ComposedUpdate, Given
from processing.models.prepared import Name, Statement

KNOWN: dict[tuple[Any, ...], ComposedUpdate] = {}
"""By shape, of which a process has a few dozen."""


def update(model: type[Model], where: Q, changes: Mapping[str, Any]) -> int:
    """Change the rows of which columns equal what `where` says, or are NULL for None; returns how many.

    What else a condition can say, Django composes each time.
    """
    known = shape(model, where, changes)
    return known[0].tell(**known[1]) if known else int(model._default_manager.filter(where).update(**changes))


def shape(model: type[Model], where: Q, changes: Mapping[str, Any]) -> tuple[ComposedUpdate, dict[str, Any]] | None:
    """The UPDATE of that shape, and what it is given; None if the condition says more than that columns are equal."""
    equal = equalities(model, where)
    if equal is None:
        return None
    key = (model, *map(shaped, equal.items()), "set", *map(shaped, changes.items()))
    if key not in KNOWN:
        KNOWN[key] = composed(model, equal, changes)
    given = {f"where {name}": prepared(model, name, value) for name, value in equal.items()}
    return KNOWN[key], given | {name: prepared(model, name, value) for name, value in changes.items()}


def equalities(model: type[Model], where: Q) -> dict[str, Any] | None:
    """What a condition says if it is that columns equal values, and nothing else; None otherwise."""
    columns, found = names(model), dict[str, Any]()
    for name, value in leaves(where):
        if name not in columns or name in found or is_expression(value):
            return None
        found[name] = value
    return found


@cache
def names(model: type[Model]) -> frozenset[str]:
    """What the columns of a model go by."""
    return frozenset({"pk", *(name for field in model._meta.concrete_fields for name in (field.name, field.attname))})


def leaves(where: Any) -> Iterator[tuple[str, Any]]:
    """The conditions that are all to hold; one without a name for anything that is not so simple."""
    if not isinstance(where, Q) or where.negated or (where.connector != Q.AND and len(where.children) > 1):
        yield "", where
        return
    for child in where.children:
        if isinstance(child, tuple):
            yield child
        else:
            yield from leaves(child)


def is_expression(value: object) -> bool:
    """Whether the database makes the value."""
    return hasattr(value, "resolve_expression")


def shaped(item: tuple[str, Any]) -> tuple[str, str]:
    """What of a condition or a change the text depends on."""
    name, value = item
    return name, repr(value) if is_expression(value) or value is None else ""


def composed(model: type[Model], equal: Mapping[str, Any], changes: Mapping[str, Any]) -> ComposedUpdate:
    """The UPDATE, with places for the values."""
    where = {name: None if value is None else Given(f"where {name}") for name, value in equal.items()}
    made = {name: v if is_expression(v) or v is None else Given(name) for name, v in changes.items()}
    return ComposedUpdate(lambda: model._default_manager.filter(**where), **made)


def prepared(model: type[Model], name: str, value: Any) -> Any:
    """A value as its column takes it."""
    field = model._meta.pk if name == "pk" else model._meta.get_field(name)
    if is_expression(value) or not isinstance(field, Field):
        return None
    return field.get_db_prep_save(value.pk if isinstance(value, Model) else value, connections[DEFAULT_DB_ALIAS])


class Otherwise(NamedTuple):
    """What an INSERT does instead where a row with the same key is there: change it, or without `columns` nothing."""

    key: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()


def insert(rows: Sequence[Model], otherwise: Otherwise | None = None) -> list[int]:
    """Append rows of one model, of which the database numbers each; returns these numbers.

    A row that is there already is an error, unless it is said what is done otherwise.
    """
    if not rows:
        return []
    values = chain.from_iterable(map(saved, rows))
    statement = insertion(connection.vendor, type(rows[0]), len(rows), otherwise)
    with connection.cursor() as cursor:
        cursor.execute(*statement.ready(lambda _: next(values)))
        return [number for (number,) in cursor.fetchall()]


def saved(row: Model) -> list[Any]:
    """The values of a new row, as its columns take them."""
    # Not by way of the proxy, which would be asked several times for each value.
    here = connections[DEFAULT_DB_ALIAS]
    return [field.get_db_prep_save(field.pre_save(row, True), here) for field in columns(row)]


def columns(model: type[Model] | Model) -> "list[Field[Any, Any]]":
    """All that a new row says."""
    return [field for field in model._meta.concrete_fields if not field.primary_key or field.remote_field]


@cache
def insertion(_vendor: str, model: type[Model], rows: int, otherwise: Otherwise | None) -> Statement:
    """The INSERT of so many rows."""
    listed, number = columns(model), connection.ops.quote_name(str(model._meta.pk.column))
    row = f"({', '.join(['%s'] * len(listed))})"
    sql = f"{into(model)} VALUES {', '.join([row] * rows)} {suffix(listed, otherwise)} RETURNING {number}"
    return Statement(sql, [Name()] * len(listed) * rows)


def into(model: type[Model]) -> str:
    """Where the values of new rows go."""
    quote = connection.ops.quote_name
    return f"INSERT INTO {quote(model._meta.db_table)} ({', '.join(quote(str(f.column)) for f in columns(model))})"


def suffix(listed: "Sequence[Field[Any, Any]]", otherwise: Otherwise | None) -> str:
    """The clause on conflicts."""
    if otherwise is None:
        return ""
    if not otherwise.columns:
        return "ON CONFLICT DO NOTHING"
    return str(connection.ops.on_conflict_suffix_sql(listed, OnConflict.UPDATE, otherwise.columns, otherwise.key))
