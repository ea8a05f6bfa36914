"""A worker's shift: it takes one job after the other, and what is ready to be ingested in between."""

import time
from dataclasses import dataclass

from processing.models import Job
from processing.workflow.ingest import AT_ONCE, ingest
from processing.workflow.process import process
from processing.workflow.wake import Stage, wake

SHIFT = 5.0
"""Seconds after which another message takes over, so that the other stages have their turn."""
GATHER = 1.0
"""Seconds for which products gather, as several are ingested with less work than one after the other."""
SHORT = 5.0
"""Seconds: what has gathered does not wait for a job that may take longer."""


def shift() -> bool:
    """Process what there is, for a while; False if there was nothing.

    One message for each job would be more work than the claim, where jobs take a second.  Products are ingested in
    between: they must not queue behind all jobs that still wait.
    """
    end, gathered = time.monotonic() + SHIFT, Gathered()
    done = False
    while process(first=gathered.make_way):
        done = True
        gathered.add()
        if time.monotonic() > end:
            wake(Stage.PROCESS)
            break
    gathered.hand_on()
    return done


@dataclass
class Gathered:
    """Products of this worker that nobody has handed on."""

    since: float | None = None

    def add(self) -> None:
        """One more; all are handed on when the first has waited long enough."""
        now = time.monotonic()
        self.since = self.since or now
        if now > self.since + GATHER:
            self.hand_on()

    def make_way(self, job: Job) -> None:
        """Hand them on if the job that comes next may take long."""
        if job.late_seconds > SHORT:
            self.hand_on()

    def hand_on(self) -> None:
        """Ingest them, and what others have left by then, for a while; or wake the hosts that do so."""
        if self.since is None:
            return
        self.since, end = None, time.monotonic() + SHIFT
        if Stage.INGEST.here:
            while ingest() == AT_ONCE:
                if time.monotonic() > end:
                    break
            else:
                return
        wake(Stage.INGEST)
