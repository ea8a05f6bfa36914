"""Keeps one cluster of this host working: starts it, watches it, and starts it anew when it hangs or dies.

django-q2's processes can die or hang in ways that no exit code tells (docs/failure-modes.md), so the supervisor
looks at the work: some could go on, a worker is free, and none takes a message.
"""

import contextlib
import logging
import signal
import time
from collections.abc import Mapping
from types import FrameType

from django.conf import settings
from django.db import Error, connection

from processing import control
from processing.management.session import Session, apart, flag, full_name, members, one_of_a_name, session_file
from processing.workflow.sweep import sweep
from processing.workflow.wake import Stage, own

__all__ = ["Supervisor", "members", "session_file"]

logger = logging.getLogger(__name__)

SIGN_OF_LIFE = 20.0
"""Seconds between two signs of life; a worker is taken for dead after three of them."""
START = 60.0
"""Seconds that a cluster gets at least until its first worker is there; it takes three, or 20 on a busy machine."""
RESTS = 5
"""Looks without a sweep, after one that found nothing to do, for as long as no worker stirs."""
LINGER = 5.0
"""Seconds that a cluster without running jobs gets to end by itself; it takes two, or for ever if it hangs."""
TWICE = 1.0
"""Seconds after which a second signal is no echo of the first, as a terminal's Ctrl-C together with a script's kill."""


class Supervisor:
    """One per host, or several of different names: `run` stays until SIGTERM or SIGINT."""

    def __init__(self, *, name: str, every: float, grace: float, patience: float, terminate: bool) -> None:
        self.name = full_name(name)
        self.file = session_file(name)
        self.every = every
        """Seconds between two looks."""
        self.grace = grace
        """Seconds that running jobs get to end before the cluster is ended; then they are LOST."""
        self.patience = patience
        """Seconds for which work waits for a free worker, none of which takes a message, before a restart."""
        self.terminate = terminate
        """Whether a stop ends running jobs at once; a second signal does so in any case."""
        self.disks = control.Ledger()
        self.courier = control.Courier()
        self.leftovers = control.Leftovers()
        self.stopped: float | None = None
        self.heard: float | None = None
        self.condemned: float | None = None
        self.moved = 0.0
        self.in_vain = 0
        self.rests = 0

    def run(self) -> None:
        """Start, watch, restart; at the end let running jobs end, and leave no process.

        Raises CommandError if a supervisor of this name lives on this host.
        """
        # Before anything else: what a predecessor has left is ended even if this one is to stop at once.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        with one_of_a_name(self.file):
            self.session = Session(self.file)
            try:
                while self.stopped is None:
                    self.look()
                    self.pause()
            finally:
                self.end()

    def stop(self, _number: int, _frame: FrameType | None) -> None:
        """Messages return at once from now on; what runs may end, until this is said once more."""
        now = time.monotonic()
        if self.stopped is None:
            self.stopped = now
            self.hold()
        elif now - self.stopped > TWICE:
            self.terminate = True

    def hold(self) -> None:
        """Nothing new starts; a full disk may forbid to say so."""
        with contextlib.suppress(OSError):
            flag(self.file).touch()

    def release(self) -> None:
        """Work may start, unless a signal came meanwhile."""
        flag(self.file).unlink(missing_ok=True)
        if self.stopped is not None:
            self.hold()

    def pause(self) -> None:
        """Until it is time to look again, or to stop."""
        end = time.monotonic() + self.every
        while time.monotonic() < end and self.stopped is None:
            time.sleep(0.1)

    def look(self) -> None:
        """Give a sign of life, reap, kick, and restart a cluster that is gone or hangs."""
        hangs = self.hangs(self.due())
        if self.session.gone:
            self.replace("its main process is gone")
        elif hangs:
            self.replace(f"no message was taken for {self.patience:.0f} s although work waits for free workers")
        elif self.condemned is not None:
            self.condemned = None
            self.release()

    def due(self) -> Mapping[str, int]:
        """What a sweep finds to do; most looks at an idle cluster do not trouble the database."""
        try:
            if self.heard is None or time.monotonic() - self.heard >= SIGN_OF_LIFE:
                control.heard(self.name, self.disks.latest(), apart())
                self.leftovers.clear()
                self.heard = time.monotonic()
                self.courier.go()
            if self.rests and not self.stirs():
                self.rests -= 1
                return {}
            found = sweep() if control.any_open_date() else {}
        except Error:
            logger.warning("the database cannot be reached")
            connection.close()
            return {}
        self.rests = 0 if any(found.values()) else RESTS
        return found

    def stirs(self) -> bool:
        """Whether a worker has taken a message since the last look, or is at one."""
        return self.session.pulse.moved() != self.moved or self.session.busy() > 0

    def hangs(self, found: Mapping[str, int]) -> bool:
        """True if there is work, a worker is free, and none has taken a message for too long.

        Looks are counted, and not seconds: this process, too, may have been suspended.
        """
        waiting = any(found.get(stage.name.lower()) for stage in own() if stage is not Stage.FILL)
        before, self.moved = self.moved, self.session.pulse.moved()
        vain = waiting and self.moved == before and self.session.busy() < settings.WORKERS
        self.in_vain = self.in_vain + 1 if vain else 0
        # Restarting what is slow to start would only make the machine slower.
        return self.in_vain * self.every >= (self.patience if self.moved else max(self.patience, START))

    def replace(self, why: str) -> None:
        """Another cluster instead of this one, once its running jobs have ended: they have one attempt.

        First the flag, then the question who is at work: a worker says that it is before it looks for the flag.
        """
        if self.condemned is None:
            logger.warning("the cluster is to be restarted: %s", why)
            self.condemned = time.monotonic()
            self.hold()
        if self.session.busy() and time.monotonic() - self.condemned < self.grace:
            return
        # What is left of the old session first: its workers would go on beside the new ones.
        self.session.kill()
        self.condemned, self.in_vain, self.moved = None, 0, 0.0
        self.release()
        self.session = Session(self.file)
        logger.warning("cluster restarted: %s", why)

    def end(self) -> None:
        """No sign of life any more; running jobs may end; then the rest of the session is ended."""
        self.hold()
        with contextlib.suppress(Error):
            control.left(self.name)
        self.session.terminate()
        self.wait()
        self.session.kill()
        with contextlib.suppress(Error):
            sweep()

    def wait(self) -> None:
        """Until no job runs and the cluster has ended, or does not end; or until it is to end at once."""
        now = quiet = time.monotonic()
        end = now + self.grace
        while now < end and not self.terminate:
            if self.session.busy():
                quiet = now
            elif self.session.gone or now - quiet > LINGER:
                return
            time.sleep(0.2)
            now = time.monotonic()
