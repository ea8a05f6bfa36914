"""Whole queries as one value of another query: their rows as a list, or their number."""

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import DateField, DateTimeField, FloatField, IntegerField, JSONField, Model, QuerySet, Subquery
from django.db.models.sql.compiler import SQLCompiler

M = TypeVar("M", bound=Model)
INFINITE = re.compile(r":-?Inf(?=[,}])")


class Listed(JSONField):
    """JSON that a database made of numbers; SQLite writes infinite ones as nobody reads them."""

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        """The list; what is infinite is not there."""
        found = super().from_db_value(value, expression, connection)
        return json.loads(INFINITE.sub(":null", found)) if isinstance(found, str) else found


class Rows(Subquery):
    """The rows of a query as a list of objects with these fields, in the query's order; empty if there are none.

    A page with lists of several kinds needs one query for all of them.  Times are texts until they are `restored`.
    """

    output_field = Listed()
    template = "(SELECT COALESCE(JSONB_AGG(TO_JSONB(listed)), '[]') FROM (%(subquery)s) listed)"

    def __init__(self, queryset: QuerySet[Any], *names: str) -> None:
        super().__init__(queryset.values(*names))
        self.names: Sequence[str] = names

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        """SQLite has no function that makes an object of a row."""
        pairs = ", ".join(f"'{name}', listed.{name}" for name in self.names)
        # Written by programmers, not by anybody outside.
        template = f"(SELECT JSON_GROUP_ARRAY(JSON_OBJECT({pairs})) FROM (%(subquery)s) listed)"  # noqa: S608
        return self.as_sql(compiler, connection, template=template)


class Number(Subquery):
    """How many rows a query has."""

    output_field = IntegerField()
    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"

    def __init__(self, queryset: QuerySet[Any]) -> None:
        super().__init__(queryset.order_by().values("pk"))


def restored(model: type[M], rows: Iterable[Mapping[str, Any]]) -> list[M]:
    """Objects of a model from `Rows` of its columns."""
    return [model(**{name: _read(model, name, value) for name, value in row.items()}) for row in rows]


def moment(text: str) -> datetime:
    """A time of `Rows`; SQLite's are UTC and do not say so."""
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def finite(value: Any) -> float | None:
    """A number of `Rows`; None for one that is infinite or none, which PostgreSQL writes as a word."""
    return value if isinstance(value, int | float) and math.isfinite(value) else None


_READERS: Mapping[type, Callable[[Any], Any]] = {
    DateTimeField: moment,
    DateField: date.fromisoformat,
    FloatField: finite,
}


def _read(model: type[Model], name: str, value: Any) -> Any:
    reader = _READERS.get(type(model._meta.get_field(name)))
    return reader(value) if reader and value else value
