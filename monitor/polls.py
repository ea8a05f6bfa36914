"""Whether a page that somebody looks at may have changed: asked every few seconds, answered before any work."""

import time

from django.http import HttpRequest

from processing.models import Event
from processing.models.composed import Composed

HEADER = "Phoenix-Version"
TICK = 30
"""Seconds after which a page is taken for changed whatever the events say.

Some things change without an event: workers fall silent, windows open, ages grow.  And ids of events are given out
before their transactions end, so one may become visible after a higher one.
"""

NEWEST = Composed(lambda: Event.objects.values_list("pk")[:1])


def version(last_event: int) -> str:
    """Of everything that is shown: changes with every event, and with every tick of the clock."""
    return f"{last_event}.{int(time.time()) // TICK}"


def unchanged(request: HttpRequest) -> bool:
    """True if the page would be the one that the browser has; one query, none for who has no page yet."""
    known = request.headers.get(HEADER)
    return bool(known) and known == version(next((event.pk for event in NEWEST.ask()), 0))
