"""The gate: which instruments may start something new at this moment."""

import os
import socket
from pathlib import Path

from django.utils import timezone

from processing.models import Hold, Instrument, Stop

# Names a file: while it is there, nothing new starts in this process.  The supervisor sets it.
STOP_FLAG = "PHOENIX_STOP_FLAG"


def ready() -> list[Instrument]:
    """Those whose window is open, and that neither a stop nor a hold concerns.

    None while this host's worker is being stopped.
    """
    if Path(os.environ.get(STOP_FLAG, "")).is_file():
        return []
    allowed = Stop.objects.all().allowed(Instrument.objects.all().open_at(timezone.now()))
    return Hold.objects.all().free(allowed, socket.gethostname()) if allowed else []
