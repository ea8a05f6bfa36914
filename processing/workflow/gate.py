"""The gate: which instruments may start something new at this moment."""

import os
import socket
from pathlib import Path

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from processing.models import Hold, Instrument, Stop
from processing.models.composed import ComposedObjects, Given

# Names a file: while it is there, nothing new starts in this process.  The supervisor sets it.
STOP_FLAG = "PHOENIX_STOP_FLAG"


def ready() -> list[Instrument]:
    """Those whose window is open, and that neither a stop nor a hold concerns.

    None while this host's worker is being stopped.
    """
    if leaving():
        return []
    now, rows = timezone.now(), UNCLOSED.ask(host=socket.gethostname())
    return [instrument for instrument in rows if instrument.hours.is_open(now)]


def is_open(instrument: Instrument) -> bool:
    """What of the gate needs no look into the database: this host goes on, and the window is open."""
    return not leaving() and instrument.hours.is_open(timezone.now())


def leaving() -> bool:
    """Whether this host's worker is being stopped."""
    return Path(os.environ.get(STOP_FLAG, "")).is_file()


def unclosed() -> QuerySet[Instrument]:
    """Those that neither a stop nor a hold on a host concerns."""
    stops = Stop.objects.all().of(OuterRef("pk"))
    holds = Hold.objects.all().felt_on(Given("host")).filter(instrument=OuterRef("pk"))
    return Instrument.objects.filter(~Exists(stops), ~Exists(holds))


UNCLOSED = ComposedObjects(unclosed)
