"""A change with its event, or with another new row: both or neither, and where the database can, as one statement."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Model, Q

from processing.models.composed import ComposedUpdate
from processing.models.prepared import Name, Statement
from processing.models.shaped import Otherwise, columns, insert, into, saved, shape, suffix


class How(NamedTuple):
    """What a commit waits for, and what is done where the row is there already."""

    quick: bool = False
    """The commit does not wait for the disk."""
    otherwise: Otherwise | None = None


LASTING = How()


def hasten() -> None:
    """Let the commit of this transaction not wait for the disk."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit TO off")


def noted(model: type[Model], where: Q, changes: Mapping[str, Any], row: Model, how: How = LASTING) -> bool:
    """Change the row that is as `where` says, and append the event; False, and neither, if there is none.

    PostgreSQL is asked once where a transaction of several statements would be five messages; elsewhere, and for
    conditions that are not plain, it is such a transaction.
    """
    if known := shape(model, where, changes):
        return told(*known, row, how)
    return apart(lambda: model._default_manager.filter(where).update(**changes), row, how)


def told(change: ComposedUpdate, given: Mapping[str, Any], row: Model, how: How = LASTING) -> bool:
    """The same for a change that is composed already."""
    if connection.vendor != "postgresql":
        return apart(lambda: change.tell(**given), row, how)
    values, statement = iter(saved(row)), both(change, type(row), how)
    with connection.cursor() as cursor:
        cursor.execute(*statement.ready(lambda name: given[name] if name else next(values)))
        return bool(cursor.rowcount)


def apart(change: Callable[[], int], row: Model, how: How) -> bool:
    """As a transaction."""
    with transaction.atomic():
        if how.quick:
            hasten()
        if not change():
            return False
        insert([row], how.otherwise)
    return True


def hastened(quick: bool) -> str:
    """`hasten` as a part of a statement, which has to ask for it by its name, `quick`."""
    return ", quick AS (SELECT set_config('synchronous_commit', 'off', TRUE))" if quick else ""


@cache
def both(change: ComposedUpdate, row: type[Model], how: How) -> Statement:
    """The INSERT of a row for what the UPDATE changes."""
    text, values = change.text(connection.vendor), [Name()] * len(columns(row))
    sql = (
        f"WITH changed AS ({text.sql} RETURNING 1){hastened(how.quick)} "  # noqa: S608 - of our own tables
        f"{into(row)} SELECT {', '.join(['%s'] * len(values))} FROM changed{', quick' if how.quick else ''} "
        f"{suffix(columns(row), how.otherwise)}"
    )
    return Statement(sql, [*text.parameters, *values])
