"""Many numbers from the database in one row: a tenth of the time that as many rows take."""

from typing import Any

from django.db.models import Aggregate, TextField


class Listed(Aggregate):
    """All numbers of a group as one text, with blanks between; `nan` for NULL.

    Several of the same query are in the same order.
    """

    function = "GROUP_CONCAT"
    template = "%(function)s(COALESCE(%(expressions)s, 'nan'), ' ')"
    output_field = TextField()

    def as_postgresql(self, compiler: Any, connection: Any) -> Any:
        """PostgreSQL has another name for it, and joins texts only."""
        joined = "%(function)s(COALESCE((%(expressions)s)::text, 'nan'), ' ')"
        return self.as_sql(compiler, connection, function="STRING_AGG", template=joined)


def numbers(listed: str | None) -> list[float]:
    """The numbers of a `Listed`."""
    return [float(number) for number in (listed or "").split()]
