"""A worker's shift: it takes one job after the other, and what is ready to be ingested in between."""

import time

from processing.workflow.ingest import ingest
from processing.workflow.process import process
from processing.workflow.wake import Stage, wake

SHIFT = 5.0
"""Seconds after which another message takes over, so that the other stages have their turn."""
GATHER = 1.0
"""Seconds for which products gather, as several are ingested with less work than one after the other."""


def shift() -> bool:
    """Process what there is, for a while; False if there was nothing.

    One message for each job would be more work than the claim, where jobs take a second.  Products are ingested in
    between: they must not queue behind all jobs that still wait.  Whose recipe takes longer than they gather does not
    wait for another.
    """
    begun, handed_on, done = time.monotonic(), time.monotonic(), False
    while process():
        done = True
        if (now := time.monotonic()) > handed_on + GATHER:
            hand_on()
            handed_on = now
        if now > begun + SHIFT:
            wake(Stage.PROCESS)
            break
    if done:
        hand_on()
    return done


def hand_on() -> None:
    """What was processed is ingested, here or by other hosts."""
    if Stage.INGEST.here:
        while ingest():
            pass
    else:
        wake(Stage.INGEST)
