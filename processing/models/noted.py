"""A change with its event: both or neither, and where the database can, as one statement."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from django.db import connection, transaction
from django.db.models import Model, Q

from processing.models.composed import ComposedUpdate
from processing.models.prepared import Name, Statement
from processing.models.shaped import columns, insert, into, saved, shape


def hasten() -> None:
    """Let the commit of this transaction not wait for the disk."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit TO off")


def noted(model: type[Model], where: Q, changes: Mapping[str, Any], event: Model, *, quick: bool) -> bool:
    """Change the row that is as `where` says, and append the event; False, and neither, if there is none.

    `quick`: the commit does not wait for the disk.  PostgreSQL is asked once where a transaction of several statements
    would be five messages; elsewhere, and for conditions that are not plain, it is such a transaction.
    """
    if known := shape(model, where, changes):
        return told(*known, event, quick=quick)
    return apart(lambda: model._default_manager.filter(where).update(**changes), event, quick=quick)


def told(change: ComposedUpdate, given: Mapping[str, Any], event: Model, *, quick: bool = False) -> bool:
    """The same for a change that is composed already."""
    if connection.vendor != "postgresql":
        return apart(lambda: change.tell(**given), event, quick=quick)
    values, statement = iter(saved(event)), both(change, type(event), quick)
    with connection.cursor() as cursor:
        cursor.execute(*statement.ready(lambda name: given[name] if name else next(values)))
        return bool(cursor.rowcount)


def apart(change: Callable[[], int], event: Model, *, quick: bool) -> bool:
    """As a transaction."""
    with transaction.atomic():
        if quick:
            hasten()
        if not change():
            return False
        insert([event])
    return True


@cache
def both(change: ComposedUpdate, event: type[Model], quick: bool) -> Statement:
    """The INSERT of an event for what the UPDATE changes."""
    text, values = change.text(connection.vendor), [Name()] * len(columns(event))
    hastened = ", quick AS (SELECT set_config('synchronous_commit', 'off', TRUE))" if quick else ""
    sql = (
        f"WITH changed AS ({text.sql} RETURNING 1){hastened} "  # noqa: S608 - of our own tables
        f"{into(event)} SELECT {', '.join(['%s'] * len(values))} FROM changed{', quick' if quick else ''}"
    )
    return Statement(sql, [*text.parameters, *values])
