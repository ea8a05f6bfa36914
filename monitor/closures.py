"""When nothing of an instrument could start: its stops, and the hours in which its window, as now set, is closed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from processing.core.schedule import Window
from processing.models import Instrument, Stop
from processing.models.composed import ComposedObjects, Given
from processing.models.stops import ALL


@dataclass(frozen=True)
class Closure:
    """From `start` to `end` nothing could start; `stop` is None for a closed window."""

    start: datetime
    end: datetime
    stop: Stop | None = None

    @property
    def kind(self) -> str:
        """`stop` or `window`."""
        return "stop" if self.stop else "window"

    @property
    def span(self) -> tuple[float, float]:
        """In seconds since 1970 UTC."""
        return self.start.timestamp(), self.end.timestamp()


def closures(instrument: Instrument, first: datetime, last: datetime) -> list[Closure]:
    """All between two times; one query."""
    rows = STOPS.ask(scope=instrument.name, first=first, last=last)
    stopped = [Closure(max(row.at, first), min(row.resumed or last, last), row) for row in rows]
    return [*stopped, *closed(instrument.hours, first, last)]


def _stops() -> QuerySet[Stop]:
    lasting = Q(resumed=None) | Q(resumed__gt=Given("first"))
    return Stop.objects.filter(lasting, at__lt=Given("last"), scope__in=(Given("scope"), ALL)).order_by("at")


STOPS = ComposedObjects(_stops)


def closed(window: Window, first: datetime, last: datetime) -> Iterator[Closure]:
    """The closed hours of a window between two times."""
    closing = first
    while not window.always and closing < last:
        opening = window.next_opening(closing)
        if opening > closing:
            yield Closure(closing, min(opening, last))
        closing = window.closing_after(opening)
