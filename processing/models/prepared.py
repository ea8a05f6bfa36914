"""Statements that a connection has met before are prepared: PostgreSQL plans most of them for longer than they run."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

from django.db import connection

NUMBER = count(1)
PLACE = re.compile(r"%(s|%)")
MET: WeakKeyDictionary[Any, "dict[Statement, str]"] = WeakKeyDictionary()
"""By connection of psycopg2: the statements that it has met, with their names there; one that it met once has none."""


class Name(str):
    """Among the parameters of a statement, stands for a value that is given each time; nothing else is one of these."""

    __slots__ = ()


@dataclass(frozen=True, eq=False)
class Statement:
    """Text and parameters of what is asked again and again; only what a `Name` stands for is different each time."""

    sql: str
    parameters: Sequence[Any]

    def ready(self, value: Callable[[Name], Any]) -> tuple[str, list[Any]]:
        """What a cursor of this thread's connection executes: from the second time on, what was prepared there."""
        known = met()
        if known is None or self not in known:
            if known is not None:
                known[self] = ""
            return self.sql, [value(part) if isinstance(part, Name) else part for part in self.parameters]
        given = [value(part) for part in self.parameters if isinstance(part, Name)]
        places = f" ({', '.join(['%s'] * len(given))})" if given else ""
        return f"EXECUTE {known[self] or self.prepare(known)}{places}", given

    def prepare(self, known: "dict[Statement, str]") -> str:
        """Let the server know it on this connection; returns its name there."""
        name = f"phoenix_{next(NUMBER)}"
        with connection.wrap_database_errors, connection.connection.cursor() as cursor:
            cursor.execute(f"PREPARE {name} AS {self.text(cursor)}")
        known[self] = name
        return name

    def text(self, cursor: Any) -> str:
        """As PostgreSQL writes it, with numbered places.

        What is constant is in the text: a plan for all values would not see that a partial index serves.
        """
        parts, number = iter(self.parameters), iter(range(1, len(self.parameters) + 1))

        def written(found: re.Match[str]) -> str:
            if found[1] == "%":
                return "%"
            part = next(parts)
            return f"${next(number)}" if isinstance(part, Name) else cursor.mogrify("%s", [part]).decode()

        return PLACE.sub(written, self.sql)


def met() -> dict[Statement, str] | None:
    """What this thread's connection has met.

    None if it prepares nothing: SQLite's, and, as DISABLE_SERVER_SIDE_CURSORS says, one that a pooler shares out.
    """
    if connection.vendor != "postgresql" or connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS"):
        return None
    # As a cursor begins: it may find that the server is not there any more, and connect anew.
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    return MET.setdefault(connection.connection, {})
