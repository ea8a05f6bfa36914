"""What kept processing lately: stops and holds as lines of one kind of table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.marks import Mark
from processing.models import Hold, Stop


@dataclass(frozen=True)
class Halt:
    """A stop or a hold: what, why, from when until when, and by whose word."""

    what: str
    why: str
    since: datetime
    by: str
    until: datetime | None
    until_by: str
    mark: Mark
    """Of one that lasts."""
    stop: int | None = None
    """The number of a stop, for the page that resumes it."""
    held: str = ""
    """The instrument of a hold, for the page that tries it again."""


STOPPED, HELD = Mark("square", "stopped", "held"), Mark("pause", "held", "held")


def stops(number: int) -> Sequence[Halt]:
    """The newest stops; one query."""
    return [
        Halt(row.scope or "everything", row.reason, row.at, row.who, row.resumed, row.resumed_by, STOPPED, stop=row.pk)
        for row in Stop.objects.all()[:number]
    ]


def holds(number: int) -> Sequence[Halt]:
    """The newest holds; one query."""
    found = []
    for row in Hold.objects.all()[:number]:
        what = f"{row.instrument_id} on {row.host}" if row.host else row.instrument_id
        found.append(Halt(what, row.why, row.at, "", row.released, row.released_by, HELD, held=row.instrument_id))
    return found
