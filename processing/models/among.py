"""A condition on keys that the database looks up once."""

from typing import Any

from django.db.models import BooleanField, F, Func, QuerySet, Subquery
from django.db.models.sql.compiler import SQLCompiler


class Among(Func):
    """Whether a column is one of the keys of a queryset.

    PostgreSQL gathers these first, as an array, whatever it knows of the tables: of a join it may think that it is
    cheaper to look through a small table once for each row of a large one, as long as it has no statistics of either.
    """

    output_field = BooleanField()
    template = "%(expressions)s"

    def __init__(self, column: str, keys: QuerySet[Any]) -> None:
        super().__init__(F(column), Subquery(keys.values("pk")), arg_joiner=" IN ")

    def as_postgresql(self, compiler: SQLCompiler, connection: Any, **more: Any) -> Any:
        """`column = ANY(ARRAY(SELECT …))`."""
        return self.as_sql(compiler, connection, template="%(expressions)s)", arg_joiner=" = ANY(ARRAY", **more)
