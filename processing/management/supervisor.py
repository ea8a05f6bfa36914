"""Keeps one cluster of this host working: starts it, watches it, and starts it anew when it hangs or dies.

django-q2's processes can die or hang in ways that no exit code tells (docs/failure-modes.md), so the supervisor
looks at what the database shows: work that could go on, free workers, and nothing happening.
"""

import contextlib
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import psutil
from django.conf import settings
from django.db import Error, connection
from django.utils import timezone

from processing import control

logger = logging.getLogger(__name__)

COMMAND = (sys.executable, "manage.py", "phoenix", "worker", "--unsupervised")


class Supervisor:
    """One per host, or several of different names: `run` stays until SIGTERM or SIGINT."""

    def __init__(self, *, name: str, every: float, grace: float, patience: float) -> None:
        self.file = session_file(name)
        self.every = every
        """Seconds between two looks."""
        self.grace = grace
        """Seconds that running jobs get to end after a SIGTERM; then they are ended, and LOST."""
        self.patience = patience
        """Seconds without any change, while work waits for free workers, after which the cluster is taken to hang."""
        self.stopping = False
        self.quiet_since = time.monotonic()
        self.cluster: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        """Start, watch, restart; at the end let running jobs end, and leave no process."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        flag().unlink(missing_ok=True)
        with one_of_a_name(self.file):
            try:
                self.start()
                while not self.stopping:
                    self.look()
                    self.pause()
            finally:
                self.end()

    def stop(self, _number: int, _frame: FrameType | None) -> None:
        """Messages return at once from now on; what runs may end."""
        self.stopping = True
        flag().parent.mkdir(parents=True, exist_ok=True)
        flag().touch()

    def pause(self) -> None:
        """Until it is time to look again, or to stop."""
        end = time.monotonic() + self.every
        while time.monotonic() < end and not self.stopping:
            time.sleep(0.1)

    def start(self) -> None:
        """The cluster in a session of its own, so that all of it can be found."""
        environment = os.environ | {control.STOP_FLAG: str(flag())}
        self.cluster = subprocess.Popen(  # noqa: S603 - our own command
            COMMAND, cwd=settings.BASE_DIR, env=environment, stdin=subprocess.DEVNULL, start_new_session=True
        )
        remember(self.file, self.cluster.pid)
        self.quiet_since = time.monotonic()

    def look(self) -> None:
        """Reap, kick, and restart a cluster that is gone or hangs."""
        try:
            hangs = self.hangs(self.due())
        except Error:
            logger.warning("the database cannot be reached")
            connection.close()
            return
        if self.cluster is None or self.cluster.poll() is not None:
            self.restart("its main process is gone")
        elif hangs:
            self.restart(f"nothing has happened for {self.patience:.0f} s although work waits for free workers")

    def due(self) -> dict[str, int]:
        """What a sweep finds to do; without an open date there is nothing, and no reason to trouble the database."""
        return control.sweep() if control.any_open_date() else {}

    def hangs(self, found: dict[str, int]) -> bool:
        """True if there is work, there are free workers, and nothing has changed for too long."""
        waiting = sum(found.get(stage, 0) for stage in ("prepare", "process", "ingest", "finish"))
        changed = control.seconds_since_change(timezone.now())
        if not waiting or control.running_here() >= settings.WORKERS or changed < self.patience:
            self.quiet_since = time.monotonic()
        return time.monotonic() - self.quiet_since > self.patience

    def restart(self, why: str) -> None:
        """Kill what is left of the old session first: its workers would go on beside the new ones."""
        logger.warning("cluster restarted: %s", why)
        self.kill()
        self.start()

    def kill(self) -> None:
        """End the whole session at once."""
        if self.cluster is not None:
            kill_session(self.cluster.pid)
            self.cluster.wait()

    def end(self) -> None:
        """SIGTERM to the main process alone (django-q2 hangs if all get it); after the grace time, the session."""
        if self.cluster is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.cluster.terminate()
            self.cluster.wait(timeout=self.grace)
        self.kill()
        with contextlib.suppress(Error):
            control.sweep()
        flag().unlink(missing_ok=True)


def flag() -> Path:
    """While this file is there, messages return at once."""
    return Path(settings.PHOENIX["WORK_DIR"]) / f"stopping.{socket.gethostname()}.{os.getpid()}"


def session_file(name: str) -> Path:
    """Which session the last supervisor of that name started."""
    return Path(settings.PHOENIX["WORK_DIR"]) / f"worker.{name}.session"


def remember(file: Path, pid: int) -> None:
    """Write down the session, so that a successor can end what a killed supervisor left."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{pid} {psutil.Process(pid).create_time():.2f}")


@contextlib.contextmanager
def one_of_a_name(file: Path) -> Iterator[None]:
    """End the cluster of a supervisor that was killed before this one."""
    with contextlib.suppress(FileNotFoundError, ValueError):
        pid = int(file.read_text().split()[0])
        if any("qcluster" in name for name in names_in(pid)):
            logger.warning("a cluster of a supervisor that is gone was still there: ended")
            kill_session(pid)
    yield
    file.unlink(missing_ok=True)


def members(session: int) -> Iterator[psutil.Process]:
    """Every process of a session."""
    for process in psutil.process_iter():
        with contextlib.suppress(ProcessLookupError, PermissionError, psutil.Error):
            if os.getsid(process.pid) == session and process.status() != psutil.STATUS_ZOMBIE:
                yield process


def names_in(session: int) -> list[str]:
    """The command lines of a session's processes."""
    lines: list[str] = []
    for process in members(session):
        with contextlib.suppress(psutil.Error):
            lines.append(" ".join(process.cmdline()))
    return lines


def kill_session(session: int) -> None:
    """SIGKILL to every process of a session, until none is left (one may have been forking)."""
    while left := [*members(session)]:
        for process in left:
            with contextlib.suppress(psutil.Error):
                process.kill()
        time.sleep(0.05)
