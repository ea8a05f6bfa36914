"""Inserts many rows that differ in a few columns: an object for each would take several times as long."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, TypeAlias

from django.db import connection, models

MOST, MOST_NUMBERS = 2000, 20_000
"""Rows of one statement, and if they are numbers."""
Field: TypeAlias = "models.Field[Any, Any]"


def insert(common: models.Model, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Rows like `common` but for these columns, by their `attname`; what a constraint keeps unique stays as it is.

    Values are numbers, texts, or None for a field that may be null.  Whole numbers alone cost the least.
    """
    meta = common._meta
    fields = {field.attname: field for field in meta.concrete_fields if not field.primary_key}
    varying = [fields.pop(name) for name in names]
    fixed = [*fields.values()]
    values = [field.get_db_prep_save(field.pre_save(common, add=True), connection) for field in fixed]
    picked = ", ".join([*(column(field, n) for n, field in enumerate(varying, 1)), *("%s" for _ in fixed)])
    into = ", ".join(connection.ops.quote_name(str(field.column)) for field in (*varying, *fixed))
    listed = as_arrays if connection.vendor == "postgresql" and all(map(is_whole, varying)) else as_values
    for source, given in listed(varying, rows, len(fixed)):
        # Names are those of the model; SQLite takes ON CONFLICT for a join without the condition.
        sql = (
            f"INSERT INTO {connection.ops.quote_name(meta.db_table)} ({into}) "  # noqa: S608
            f"SELECT {picked} FROM {source} WHERE true ON CONFLICT DO NOTHING"
        )
        with connection.cursor() as cursor:
            cursor.execute(sql, [*values, *given])


Listed = Iterator[tuple[str, list[Any]]]
"""Tables v(column1, ...) with their parameters."""


def as_values(varying: Sequence[Field], rows: Sequence[Sequence[Any]], fixed: int) -> Listed:
    """Anything, each value a parameter; besides there are so many fixed ones in a statement."""
    place = f"({', '.join('%s' for _ in varying)})"
    most = min(MOST, ((connection.features.max_query_params or MOST * 100) - fixed) // len(varying))
    for some in (rows[start : start + most] for start in range(0, len(rows), most)):
        yield f"(VALUES {', '.join(place for _ in some)}) v", [*chain.from_iterable(some)]


def as_arrays(varying: Sequence[Field], rows: Sequence[Sequence[int]], _fixed: int) -> Listed:
    """Whole numbers, a column in one text: PostgreSQL reads them ten times as fast as so many parameters."""
    arrays = ", ".join(f"%s::{field.db_type(connection)}[]" for field in varying)
    names = ", ".join(f"column{number}" for number, _ in enumerate(varying, 1))
    for some in (rows[start : start + MOST_NUMBERS] for start in range(0, len(rows), MOST_NUMBERS)):
        columns = zip(*some, strict=True)
        yield f"UNNEST({arrays}) v({names})", [f"{{{','.join(map(str, numbers))}}}" for numbers in columns]


def is_whole(field: Field) -> bool:
    """Whether a column has whole numbers, and always one."""
    return not field.null and str(field.db_type(connection)) in {"bigint", "integer", "smallint"}


def column(field: Field, number: int) -> str:
    """One of VALUES, which both databases name alike; where all are null, its type has to be said."""
    return f"CAST(v.column{number} AS {field.db_type(connection)})" if field.null else f"v.column{number}"


def weigh(model: type[models.Model]) -> None:
    """Let PostgreSQL look at a table that has grown much.

    It does so by itself within minutes; until then it takes the new rows for none, and a claim reads all that wait.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {connection.ops.quote_name(model._meta.db_table)}")
