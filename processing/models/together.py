"""Several rows of one table that take the same step: one statement changes them all, each with its event."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import chain, groupby
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Case, Field, Model, Q, When

from processing.core.states import check_move
from processing.models.composed import ComposedUpdate, Given
from processing.models.events import Event
from processing.models.moves import outermost
from processing.models.noted import hastened
from processing.models.patience import patient
from processing.models.prepared import Name, Statement
from processing.models.shaped import columns, into, is_expression, prepared, saved, shaped

KNOWN: dict[tuple[Any, ...], Statement] = {}
"""By shape and number of rows, of which a process has a few dozen."""


class Step(NamedTuple):
    """What a row is to become, and why."""

    row: Any
    """Of a model that is `Moving`."""
    new: Any
    why: str
    changes: Mapping[str, Any] = {}

    @property
    def shape(self) -> tuple[Any, ...]:
        """Equal for steps that one statement can take."""
        return type(self.row).__name__, str(self.row.state), str(self.new), sorted(map(shaped, self.changes.items()))

    @property
    def own(self) -> list[str]:
        """The changes whose values are its own, and not the database's for all."""
        return [name for name, value in self.changes.items() if not is_expression(value)]


Also = Callable[[Sequence[Any]], object]


def move_together(steps: Sequence[Step], also: Also | None = None) -> list[Any]:
    """As `move` of each; the rows that have changed.  Of those of one shape, one statement changes all.

    `also` is told these rows, and belongs to the same transaction.
    """
    alike = groupby(sorted(steps, key=lambda step: step.shape), key=lambda step: step.shape)
    return [row for _, some in alike for row in moved(list(some), also)]


def moved(steps: Sequence[Step], also: Also | None) -> list[Any]:
    """The same for those of one shape."""
    if len(steps) == 1 or connection.vendor != "postgresql":
        return [step.row for step in steps if alone(step, also)]
    check_move(steps[0].row.moves, steps[0].row.state, steps[0].new)
    done = committed(steps, also)
    taken = [step for step in steps if step.row.pk in done]
    for row, new, _, changes in taken:
        for name, value in {"state": new, **changes}.items():
            setattr(row, name, value)
    return [step.row for step in taken]


def alone(step: Step, also: Also | None) -> bool:
    """One of them."""
    row, new, why, changes = step
    return bool(row.move(new, why, also=partial(also, [row]) if also else None, **changes))


@patient
def committed(steps: Sequence[Step], also: Also | None) -> set[int]:
    """The keys of those that were in the state in which they are known; they have changed."""
    model, given = type(steps[0].row), {"old": str(steps[0].row.state), "new": str(steps[0].new)}
    for number, step in enumerate(steps):
        given[f"pk {number}"] = step.row.pk
        given |= {f"{name} {number}": prepared(model, name, step.changes[name]) for name in step.own}
    events = chain.from_iterable(saved(row.event(row.state, new, why)) for row, new, why, _ in steps)
    with transaction.atomic(durable=True) if also else outermost(), connection.cursor() as cursor:
        cursor.execute(*statement(steps).ready(lambda name: given[name] if name else next(events)))
        done = {key for (key,) in cursor.fetchall()}
        if also:
            also([step.row for step in steps if step.row.pk in done])
    return done


def statement(steps: Sequence[Step]) -> Statement:
    """What changes so many rows in this way, composed once."""
    key = (len(steps), *steps[0].shape[:3], *steps[0].shape[3])
    if key not in KNOWN:
        KNOWN[key] = both(change(steps), len(steps), quick=steps[0].new in steps[0].row.repeated)
    return KNOWN[key]


def change(steps: Sequence[Step]) -> ComposedUpdate:
    """The UPDATE."""
    model, changes = type(steps[0].row), steps[0].changes
    keys = [Given(f"pk {number}") for number in range(len(steps))]
    own = {name: its_own(model, name, keys) for name in steps[0].own}
    return ComposedUpdate(
        lambda: model._default_manager.filter(Q(pk__in=keys), Q(state=Given("old"))),
        **{**changes, **own, "state": Given("new")},
    )


def its_own(model: type[Model], name: str, keys: Sequence[Given]) -> Case:
    """The value of each row."""
    field: Field[Any, Any] = model._meta.get_field(name)  # type: ignore[assignment] # it is a column
    values = [Given(f"{name} {number}", kind(field)) for number in range(len(keys))]
    return Case(*(When(pk=key, then=value) for key, value in zip(keys, values, strict=True)), output_field=field)


def both(change: ComposedUpdate, many: int, *, quick: bool) -> Statement:
    """The UPDATE with the INSERT of the event of each row that it has changed."""
    text, listed = change.text(connection.vendor), columns(Event)
    names = ", ".join(connection.ops.quote_name(str(field.column)) for field in listed)
    row = f"({', '.join(f'%s::{kind(field)}' for field in listed)})"
    sql = (
        f"WITH changed AS ({text.sql} RETURNING id){hastened(quick)}, "  # noqa: S608 - of our own tables
        f"told ({names}) AS (VALUES {', '.join([row] * many)}) "
        f"{into(Event)} SELECT told.* FROM told JOIN changed ON id = subject_id{', quick' if quick else ''} "
        "RETURNING subject_id"
    )
    return Statement(sql, [*text.parameters, *[Name()] * len(listed) * many])


def kind(field: "Field[Any, Any]") -> str:
    """The type of a column, without its length: what is too long must be refused, and not cut."""
    return str(field.db_type(connection)).split("(")[0]
