"""Brings many new rows into a table at once: by COPY where the database has it, an object for each is not made."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from django.db import connection, models
from psycopg2 import DatabaseError

from processing.models.packed import PackedText

LINES = 50
"""So many go to the database at once."""


def fresh_keys(model: type[models.Model], number: int) -> list[int]:
    """So many primary keys that no row has or will get by itself; ascending.  Within a transaction."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Where the name of the sequence is looked up beside `nextval`, it is so for each key.
            name = "SELECT pg_get_serial_sequence(%s, 'id')::regclass AS name OFFSET 0"
            sequence = f"SELECT nextval(name) FROM ({name}) AS sequence, generate_series(1, %s)"  # noqa: S608
            cursor.execute(sequence, [connection.ops.quote_name(table), number])
            return sorted(key for (key,) in cursor.fetchall())
        # SQLite has one writer, which is this transaction.
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        last = (cursor.fetchone() or (0,))[0]
        return list(range(last + 1, last + 1 + number))


def pour(common: models.Model, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """New rows like `common` but for the attributes of these names, in their order.

    Values are numbers, texts without NUL, or None.  Raises IntegrityError if a constraint forbids a row: then the
    transaction is over.  `alike.insert` leaves such rows out, and takes longer.
    """
    meta = common._meta
    fields = {field.attname: field for field in meta.concrete_fields}
    varying = [fields.pop(name) for name in names]
    long = [at for at, field in enumerate(varying) if isinstance(field, PackedText)]
    rows = (with_packed(row, long, varying) for row in rows) if long else rows
    fixed = [field for field in fields.values() if not field.primary_key]
    values = [field.get_db_prep_save(field.pre_save(common, add=True), connection) for field in fixed]
    table = connection.ops.quote_name(meta.db_table)
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in (*varying, *fixed))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            tail = "".join(f"\t{copied(value)}" for value in values) + "\n"
            lines = ("\t".join([copied(value) for value in row]) + tail for row in rows)
            with connection.wrap_database_errors:
                copy(cursor, f"COPY {table} ({columns}) FROM STDIN", Lines(lines))
        else:
            places = ", ".join("%s" for _ in (*varying, *fixed))
            sql = f"INSERT INTO {table} ({columns}) VALUES ({places})"  # noqa: S608 - names are those of the model
            cursor.executemany(sql, [(*row, *values) for row in rows])


def with_packed(row: Sequence[Any], long: Sequence[int], fields: Sequence[Any]) -> list[Any]:
    """The values with bytes for what is long."""
    values = list(row)
    for at in long:
        values[at] = fields[at].get_prep_value(values[at])
    return values


class Lines:
    """A file for COPY whose lines are made when it asks for them: meanwhile the database stores those before."""

    def __init__(self, lines: Iterator[str]) -> None:
        self.lines = lines
        self.failed: Exception | None = None

    def read(self, _size: int) -> str:
        """Some of the lines; nothing when there are no more."""
        try:
            return "".join(islice(self.lines, LINES))
        except Exception as error:
            self.failed = error
            raise


def copy(cursor: Any, sql: str, lines: Lines) -> None:
    """COPY; an error in making the lines is that error, and not one of the database, which only hears of it."""
    try:
        cursor.copy_expert(sql, lines)
    except DatabaseError:
        if lines.failed:
            raise lines.failed from None
        raise


def copied(value: Any) -> str:
    """A value as COPY reads it."""
    if isinstance(value, bytes):
        return rf"\\x{value.hex()}"
    if isinstance(value, str):
        # A table for `translate` takes a hundred times as long.
        return value.replace("\\", r"\\").replace("\t", r"\t").replace("\n", r"\n").replace("\r", r"\r")
    return r"\N" if value is None else str(value)
