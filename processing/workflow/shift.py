"""A worker's shift: it takes one job after the other, and what is ready to be ingested in between."""

import time

from processing.workflow.ingest import ingest
from processing.workflow.process import process
from processing.workflow.wake import Stage, wake

SHIFT = 5.0
"""Seconds after which another message takes over, so that the other stages have their turn."""


def shift() -> bool:
    """Process what there is, for a while; False if there was nothing.

    One message for each job would be more work than the claim, where jobs take a second.  Products are ingested in
    between: they must not queue behind all jobs that still wait.
    """
    end, done = time.monotonic() + SHIFT, False
    while process():
        done = True
        if Stage.INGEST.here:
            ingest()
        else:
            wake(Stage.INGEST)
        if time.monotonic() > end:
            wake(Stage.PROCESS)
            break
    return done
