"""Inserts many rows that differ in a few columns: an object for each would take several times as long."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

from django.db import connection, models

MOST = 2000
"""Rows of one statement."""


def insert(common: models.Model, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Rows like `common` but for the fields of these names; what a constraint keeps unique stays as it is.

    Values are numbers, texts, or None for a field that may be null.
    """
    meta = common._meta
    fields = {field.name: field for field in meta.concrete_fields if not field.primary_key}
    varying = [fields.pop(name) for name in names]
    fixed = [*fields.values()]
    values = [field.get_db_prep_save(field.pre_save(common, add=True), connection) for field in fixed]
    picked = ", ".join([*(column(field, n) for n, field in enumerate(varying, 1)), *("%s" for _ in fixed)])
    into = ", ".join(connection.ops.quote_name(str(field.column)) for field in (*varying, *fixed))
    place = f"({', '.join('%s' for _ in varying)})"
    most = min(MOST, ((connection.features.max_query_params or MOST * 100) - len(fixed)) // len(varying))
    for some in (rows[start : start + most] for start in range(0, len(rows), most)):
        places = ", ".join(place for _ in some)
        # Names are those of the model; SQLite takes ON CONFLICT for a join without the condition.
        sql = (
            f"INSERT INTO {connection.ops.quote_name(meta.db_table)} ({into}) "  # noqa: S608
            f"SELECT {picked} FROM (VALUES {places}) v WHERE true ON CONFLICT DO NOTHING"
        )
        with connection.cursor() as cursor:
            cursor.execute(sql, [*values, *chain.from_iterable(some)])


def column(field: "models.Field[Any, Any]", number: int) -> str:
    """One of VALUES, which both databases name alike; where all are null, its type has to be said."""
    return f"CAST(v.column{number} AS {field.db_type(connection)})" if field.null else f"v.column{number}"


def weigh(model: type[models.Model]) -> None:
    """Let PostgreSQL look at a table that has grown much.

    It does so by itself within minutes; until then it takes the new rows for none, and a claim reads all that wait.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {connection.ops.quote_name(model._meta.db_table)}")
