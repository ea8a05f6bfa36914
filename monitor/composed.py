"""Queries that are composed once in a process: what every page asks for costs more to write than to answer."""

from collections import namedtuple
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.sql.compiler import SQLCompiler


class Given(RawSQL):
    """A place in a query for a value that is known when it is asked."""

    def __init__(self, name: str) -> None:
        super().__init__("%s", (Name(name),))


class Listed(Given):
    """A place for a list of texts as JSON, of which a column has one."""

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, Any]:
        """As rows; PostgreSQL takes them for a hundred, and so finds each by the index."""
        return "(SELECT JSONB_ARRAY_ELEMENTS_TEXT(%s::JSONB))", self.params

    def as_sqlite(self, _compiler: SQLCompiler, _connection: BaseDatabaseWrapper) -> tuple[str, Any]:
        """By SQLite's own function."""
        return "(SELECT value FROM JSON_EACH(%s))", self.params


class Name(str):
    """Of a value that is given; no other parameter of a query is one of these."""

    __slots__ = ()


class Text(NamedTuple):
    """A query as its database reads it, and how its rows are read."""

    sql: str
    parameters: Sequence[Any]
    row: Callable[..., Any]
    compiler: SQLCompiler
    converters: Any


class Composed:
    """A queryset of `values`, made by a function, whose text does not depend on when it is made.

    Everything that differs from one time to the next is `Given`, or the database's own, as `Now`.
    """

    def __init__(self, make: Callable[[], QuerySet[Any, Any]]) -> None:
        self.make = make
        self.text = cache(self._text)

    def ask(self, **given: Any) -> list[Any]:
        """The rows as named tuples; one query."""
        connection = connections[DEFAULT_DB_ALIAS]
        text = self.text(connection.vendor)
        values = [given[part] if isinstance(part, Name) else part for part in text.parameters]
        with connection.cursor() as cursor:
            cursor.execute(text.sql, values)
            rows = text.compiler.apply_converters(cursor.fetchall(), text.converters)
            return [text.row(*row) for row in rows]

    def _text(self, _vendor: str) -> Text:
        query = self.make().query
        compiler = query.get_compiler(DEFAULT_DB_ALIAS)
        sql, parameters = compiler.as_sql()
        converters = compiler.get_converters([column for column, _, _ in compiler.select])
        row = namedtuple("row", list(query.selected or ()))  # type: ignore[misc] # its names come with the query
        return Text(sql, parameters, row, compiler, converters)
