"""Queries that are composed once in a process: what every page asks for costs more to write than to answer."""

from collections import namedtuple
from collections.abc import Callable, Mapping
from copy import copy
from functools import cache
from typing import Any, Generic, NamedTuple, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.sql import UpdateQuery
from django.db.models.sql.compiler import SQLCompiler

from processing.models.prepared import Name, Statement

M = TypeVar("M", bound=Model)


class Given(RawSQL):
    """A place in a query for a value that is known when it is asked; with its type, where the place does not say it."""

    def __init__(self, name: str, kind: str = "") -> None:
        super().__init__(f"%s::{kind}" if kind else "%s", (Name(name),))


class GivenList(Given):
    """A place for a list of texts as JSON, of which a column has one."""

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, Any]:
        """As rows; PostgreSQL takes them for a hundred, and so finds each by the index."""
        return "(SELECT JSONB_ARRAY_ELEMENTS_TEXT(%s::JSONB))", self.params

    def as_sqlite(self, _compiler: SQLCompiler, _connection: BaseDatabaseWrapper) -> tuple[str, Any]:
        """By SQLite's own function."""
        return "(SELECT value FROM JSON_EACH(%s))", self.params


class Text(NamedTuple):
    """A query as its database reads it, and how its rows are read."""

    statement: Statement
    row: Callable[..., Any]
    compiler: SQLCompiler
    converters: Any
    queryset: QuerySet[Any, Any]

    def ready(self, given: Mapping[str, Any]) -> tuple[str, list[Any]]:
        """To be executed, with what is given in its places; `KeyError` without it."""
        adapted = self.compiler.connection.ops.adapt_unknown_value
        return self.statement.ready(lambda name: adapted(given[name]))


class Composed:
    """A queryset of `values`, made by a function, whose text does not depend on when it is made.

    Everything that differs from one time to the next is `Given`, or the database's own, as `Now`.
    """

    def __init__(self, make: Callable[[], QuerySet[Any, Any]]) -> None:
        self.make = make
        self.text = cache(self._text)

    def ask(self, **given: Any) -> list[Any]:
        """The rows as named tuples; one query."""
        text = self.text(connection.vendor)
        with connection.cursor() as cursor:
            cursor.execute(*text.ready(given))
            rows = text.compiler.apply_converters(cursor.fetchall(), text.converters)
            return [text.row(*row) for row in rows]

    def _text(self, _vendor: str) -> Text:
        queryset = self.make()
        query = queryset.query
        compiler = query.get_compiler(DEFAULT_DB_ALIAS)
        sql, parameters = compiler.as_sql()
        converters = compiler.get_converters([column for column, _, _ in compiler.select])
        row = namedtuple("row", list(query.selected or ()))  # type: ignore[misc] # its names come with the query
        return Text(Statement(sql, parameters), row, compiler, converters, queryset)


class ComposedObjects(Composed, Generic[M]):
    """The same for a queryset of objects, with those that `select_related` brings."""

    def __init__(self, make: Callable[[], QuerySet[M]]) -> None:
        super().__init__(make)

    def ask(self, **given: Any) -> list[M]:
        """The objects; one query."""
        text = self.text(connection.vendor)
        asked = text.ready(given)
        # Django makes the objects: it gets a compiler that knows its text already.  The connection is this thread's.
        compiler = copy(text.compiler)
        compiler.connection = connections[DEFAULT_DB_ALIAS]
        compiler.as_sql = lambda *_, **__: asked  # type: ignore[method-assign,assignment]
        compiler.get_converters = lambda _: text.converters  # type: ignore[method-assign,assignment]
        queryset = text.queryset.all()
        queryset.query.get_compiler = lambda **_: compiler  # type: ignore[method-assign]
        return list(queryset)


class ComposedUpdate:
    """The same for what changes rows of one table."""

    def __init__(self, make: Callable[[], QuerySet[Any, Any]], **changes: Any) -> None:
        self.make = make
        self.changes = changes
        self.text = cache(self._text)

    def tell(self, **given: Any) -> int:
        """How many rows have changed.  What is given is as the columns take it."""
        with connection.cursor() as cursor:
            cursor.execute(*self.text(connection.vendor).ready(given.__getitem__))
            return int(cursor.rowcount)

    def _text(self, _vendor: str) -> Statement:
        query: UpdateQuery = self.make().query.chain(UpdateQuery)  # type: ignore[assignment] # so Django does it
        query.add_update_values(self.changes)
        return Statement(*query.get_compiler(DEFAULT_DB_ALIAS).as_sql())
