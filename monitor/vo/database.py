"""Asks the database what a query was compiled to: reading only, for a limited time, row after row."""

import contextlib
import time
from collections.abc import Iterator, Sequence
from typing import Any

from django.conf import settings
from django.db import DatabaseError, DataError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from monitor.vo.errors import Unanswered
from monitor.vo.sql import Sql

Row = Sequence[Any]
CHUNK = 2000
"""Rows that are in memory at a time."""
LOOK = 10_000
"""Steps of SQLite between two looks at the clock."""
CANCELED = "57014"
"""PostgreSQL's code of a statement that took too long."""


def vendor() -> str:
    """`postgresql` or `sqlite`."""
    return str(connections["default"].vendor)


@contextlib.contextmanager
def answer(sql: Sql, seconds: float) -> Iterator[Iterator[list[Row]]]:
    """The rows in chunks, the first of which is computed when this is entered.

    On a connection of its own that can only read.  Raises `Unanswered`, then or at any chunk.
    """
    deadline = time.monotonic() + seconds
    with contextlib.closing(_connection(seconds)) as connection:
        with _told(seconds):
            connection.connect()
            connection.set_autocommit(False)
            if connection.vendor == "sqlite":
                connection.connection.set_progress_handler(lambda: time.monotonic() > deadline, LOOK)
            cursor = connection.chunked_cursor()
            cursor.execute(sql.text, sql.params)
            first = cursor.fetchmany(CHUNK)
        yield _chunks(cursor, first, deadline, seconds)


def _chunks(cursor: Any, chunk: list[Row], deadline: float, seconds: float) -> Iterator[list[Row]]:
    while chunk:
        yield chunk
        if time.monotonic() > deadline:
            raise Unanswered(f"The query took longer than {seconds:g} s")
        with _told(seconds):
            chunk = cursor.fetchmany(CHUNK)


def _connection(seconds: float) -> BaseDatabaseWrapper:
    """A new one, under the role that is set for queries, and closed for everything but reading."""
    connection = connections["default"].copy("tap")
    own = settings.PHOENIX["TAP_DATABASE"]
    if connection.vendor == "sqlite":
        connection.settings_dict["OPTIONS"] |= {
            "init_command": "PRAGMA query_only=ON; PRAGMA case_sensitive_like=ON",
            "transaction_mode": None,
        }
        return connection
    kept = {key: value for key, value in own.items() if key in ("USER", "PASSWORD", "HOST", "PORT", "NAME") and value}
    connection.settings_dict |= kept
    # All rows are read, not only the first tenth, as PostgreSQL expects of a cursor.
    limits = (
        f"-c default_transaction_read_only=on -c statement_timeout={int(seconds * 1000)} -c cursor_tuple_fraction=1"
    )
    connection.settings_dict["OPTIONS"] = {**connection.settings_dict["OPTIONS"], "options": limits}
    return connection


@contextlib.contextmanager
def _told(seconds: float) -> Iterator[None]:
    """The database's refusals in words that give nothing away."""
    try:
        yield
    except DataError:
        raise Unanswered("A number is out of range, or divided by zero") from None
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", "") == CANCELED or "interrupted" in str(error):
            raise Unanswered(f"The query took longer than {seconds:g} s") from None
        raise
    except DatabaseError:
        raise Unanswered("The database cannot compute this query") from None
