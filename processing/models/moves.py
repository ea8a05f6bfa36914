"""The only way a state changes: one UPDATE that names the old state, with its event."""

import socket
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from enum import StrEnum
from typing import Any, ClassVar, Self

from django.db import connection, models, transaction
from django.db.models.expressions import Combinable

from processing.core.states import check_move
from processing.models.events import Event
from processing.models.noted import How, noted
from processing.models.patience import patient

Condition = models.Q | Combinable
ALWAYS = models.Q()


def outermost() -> AbstractContextManager[object]:
    """For what is one statement, or a transaction of its own: refused within another one."""
    return transaction.atomic(durable=True) if connection.in_atomic_block else nullcontext()


class Moving(models.Model):
    """A row with a state.  Subclasses say which moves are allowed, and how their events name them."""

    moves: ClassVar[Mapping[Any, frozenset[Any]]]
    subject: ClassVar[str]
    repeated: ClassVar[frozenset[Any]] = frozenset()
    """States that a crash of the database may take back, since what leads to them is then done again: their commits
    do not wait for the disk.  The next one that waits takes them along."""

    state: Any
    actor: str = ""
    """The person who acts on this row, for its events; empty: this host."""

    class Meta:
        abstract = True

    def move(
        self,
        new: StrEnum,
        why: str = "",
        where: Condition = ALWAYS,
        also: Callable[[], object] | None = None,
        **changes: Any,
    ) -> bool:
        """Change the state if the row is still in the state that this object knows, and `where` holds.

        False if somebody else was first: then nothing has changed.  `also` belongs to the same transaction: both
        happen, or neither.

        `durable` refuses to run inside a transaction: within one, the closing of a date does not see what
        others have just finished, and dates stay open for ever (docs/decisions/0003-state-changes.md).
        """
        check_move(self.moves, type(self.state)(self.state), new)
        if not self._committed(new, why, where, changes, also):
            return False
        for name, value in {"state": new, **changes}.items():
            setattr(self, name, value)
        return True

    @patient
    def _committed(
        self, new: StrEnum, why: str, where: Condition, changes: dict[str, Any], also: Callable[[], object] | None
    ) -> bool:
        """The move in the database, with its event."""
        event, still = self.event(self.state, new, why), models.Q(where, pk=self.pk, state=self.state)
        with transaction.atomic(durable=True) if also else outermost():
            if not noted(type(self), still, {"state": new, **changes}, event, How(new in self.repeated)):
                return False
            if also:
                also()
        return True

    def note(self, old: str, new: str, why: str = "") -> None:
        """Append an event about this row."""
        Event.append(self.event(old, new, why))

    def event(self, old: str, new: str, why: str = "") -> Event:
        """One about this row, unsaved."""
        who = self.actor or socket.gethostname()
        about = {"subject": self.subject, "subject_id": self.pk, "name": str(self)}
        return Event(**about, old=old, new=new, why=why, who=who)

    def fresh(self) -> Self:
        """The row as it is in the database now."""
        return type(self)._default_manager.get(pk=self.pk)
