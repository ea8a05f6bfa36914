"""The processes of one cluster: a session of their own, so that all of them can be found, counted and ended."""

import contextlib
import fcntl
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from pathlib import Path

import psutil
from django.conf import settings
from django.core.management.base import CommandError

from processing import control
from processing.core.roles import Area
from processing.management.pulse import PULSE, Pulse, holders, new

logger = logging.getLogger(__name__)

COMMAND = (sys.executable, "manage.py", "phoenix", "worker", "--unsupervised")
UNKILLABLE = 10.0
"""Seconds after which a process is left alone that a file system keeps from dying."""


class Session:
    """A running cluster; the file tells the session's number to whoever wants to look."""

    def __init__(self, file: Path) -> None:
        self.pulse = new(mark(file))
        environment = os.environ | {control.STOP_FLAG: str(flag(file)), PULSE: str(self.pulse.number)}
        self.main = subprocess.Popen(  # noqa: S603 - our own command
            COMMAND,
            cwd=settings.BASE_DIR,
            env=environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=(self.pulse.number,),
        )
        file.write_text(str(self.main.pid))

    @property
    def gone(self) -> bool:
        """The main process has ended; others may go on."""
        return self.main.poll() is not None

    def busy(self) -> int:
        """How many workers are at a message."""
        return busy(self.pulse, self.main.pid)

    def terminate(self) -> None:
        """Ask it to end: the main process alone, since django-q2 hangs if all get the signal."""
        self.main.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End all of it at once."""
        kill_all(lambda: members(self.main.pid))
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.main.wait(timeout=UNKILLABLE)
        os.close(self.pulse.number)


def busy(pulse: Pulse, session: int) -> int:
    """How many processes of a session are at a message; those not that are suspended, and may never wake again."""
    return sum(pulse.at_work(process.pid) and awake(process) for process in members(session))


def awake(process: psutil.Process) -> bool:
    """False for a process that has ended, or that somebody has suspended."""
    try:
        return process.status() not in {psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP}
    except psutil.Error:
        return False


def full_name(name: str) -> str:
    """Of a supervisor, among those of all hosts."""
    host = socket.gethostname()
    return name if name == host else f"{host}:{name}"


def session_file(name: str) -> Path:
    """Which session the supervisor of that name on this host started last; locked while that one lives."""
    return Path(settings.PHOENIX["WORK_DIR"]) / f"worker.{full_name(name)}.session"


def apart() -> str:
    """A living worker that shares its work folder, but not with this host, which shares its own; "" if there is none.

    Its session would be told by a file in the folder.
    """
    if Area.WORK in settings.PHOENIX["LOCAL"]:
        return ""
    folder = Path(settings.PHOENIX["WORK_DIR"])
    return next((name for name in control.sharing() if not (folder / f"worker.{name}.session").exists()), "")


def mark(file: Path) -> str:
    """What every process of the cluster carries from its first moment, so that a successor finds them."""
    return f"phoenix-{sha256(bytes(file)).hexdigest()}"


def flag(file: Path) -> Path:
    """While this file is there, messages return at once."""
    return file.with_suffix(".stopping")


@contextlib.contextmanager
def one_of_a_name(file: Path) -> Iterator[None]:
    """Hold the name, and end the cluster of a supervisor that was killed before this one.

    Raises CommandError while another one lives.  The system ends the lock with the process, however that ends.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a+") as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as taken:
            raise CommandError(f"a worker of that name runs on this host: give another --name ({file})") from taken
        end_left(mark(file))
        flag(file).unlink(missing_ok=True)
        yield
        # The file stays, or two could hold locks on two files of one name.
        opened.truncate(0)
        flag(file).unlink(missing_ok=True)


def end_left(name: str) -> None:
    """End what a supervisor that was killed has left."""
    if any(holders(name)):
        logger.warning("a cluster of a supervisor that is gone was still there: ended")
        kill_all(lambda: holders(name))


def members(session: int) -> Iterator[psutil.Process]:
    """Every living process of a session."""
    for process in psutil.process_iter():
        with contextlib.suppress(ProcessLookupError, PermissionError, psutil.Error):
            if os.getsid(process.pid) == session and process.status() != psutil.STATUS_ZOMBIE:
                yield process


def kill_all(find: Callable[[], Iterable[psutil.Process]]) -> None:
    """SIGKILL to every process that is found, until none is left: one may have been forking."""
    deadline = time.monotonic() + UNKILLABLE
    while (left := [*find()]) and time.monotonic() < deadline:
        for process in left:
            with contextlib.suppress(psutil.Error):
                process.kill()
        time.sleep(0.05)
