"""Rows into PostgreSQL by COPY: of each table a sample, and what varies from row to row."""

import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

CHUNK = 20_000


@dataclass
class Table:
    """One table: the columns that vary come with each row, all others are those of `sample`."""

    sample: Any
    varied: Sequence[str]
    rows: Iterable[Sequence[object]]
    loaded: int = field(default=0, init=False)

    def copy(self, cursor: Any) -> None:
        """Stream the rows into the table."""
        meta = self.sample._meta
        columns = ", ".join(f'"{f.column}"' for f in meta.concrete_fields)
        constants = {f.attname: escaped(constant(f, self.sample)) for f in meta.concrete_fields}
        line = "\t".join("%s" if name in self.varied else value for name, value in constants.items()) + "\n"
        order = [self.varied.index(name) for name in constants if name in self.varied]
        indexes = without_indexes(cursor, meta.db_table)
        waiting = iter(self.rows)
        while chunk := list(islice(waiting, CHUNK)):
            text = "".join([line % tuple([row[at] for at in order]) for row in chunk])
            cursor.copy_expert(f'COPY "{meta.db_table}" ({columns}) FROM STDIN', io.StringIO(text))
            self.loaded += len(chunk)
        for definition in indexes:
            cursor.execute(definition)
        if meta.pk.attname == "id":
            name = meta.db_table
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), (SELECT max(id) FROM {name}))")  # noqa: S608


def without_indexes(cursor: Any, table: str) -> list[str]:
    """Drop the indexes that are no constraints: it is quicker to make them afterwards.  Returns how."""
    of_constraints = (
        "SELECT conindid::regclass::text FROM pg_constraint WHERE conrelid = %s::regclass AND conindid <> 0"
    )
    cursor.execute(
        f"SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s AND indexname NOT IN ({of_constraints})",  # noqa: S608
        [table, table],
    )
    found = cursor.fetchall()
    for name, _ in found:
        cursor.execute(f'DROP INDEX "{name}"')
    return [definition for _, definition in found]


def constant(column: Any, sample: Any) -> str:
    """What every row has in a column, as COPY reads it."""
    from django.db import connection
    from django.db.models import JSONField

    value = getattr(sample, column.attname)
    if value is None:
        return r"\N"
    if column.get_internal_type() == "BinaryField":
        return plain(rf"\x{column.get_db_prep_save(value, connection).hex()}")
    return plain(json.dumps(value) if isinstance(column, JSONField) else str(value))


def plain(text: str) -> str:
    """A text as COPY reads it."""
    return text.replace("\\", "\\\\").replace("\t", r"\t").replace("\n", r"\n")


def escaped(text: str) -> str:
    """A text that % leaves as it is."""
    return text.replace("%", "%%")
