"""Runs a command on this machine, in its own session, within its limits."""

import contextlib
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from processing.core.errors import HostHalt
from processing.core.ports import Command, Ended, Finished

# The same few variables for every recipe: results must not depend on who started the cluster.
PASSED_ON = ("PATH", "LANG", "LC_ALL", "OMP_NUM_THREADS")


# Of util-linux: without them a recipe could outlive its worker, or take all memory.
GUARDS = ("setpriv", "prlimit")
LOOK_EVERY = 0.2  # seconds


class LocalExecutor:
    """One child process per command; its descendants die with it, and with the caller."""

    def ready(self, command: Command) -> None:
        """The program is installed, and so are the guards."""
        for program in (command.argv[0], *GUARDS):
            if not shutil.which(program):
                raise HostHalt(f"{program} is not installed on {socket.gethostname()}")

    def __init__(self) -> None:
        self.running: dict[str, int] = {}

    def cancel(self, token: str) -> None:
        """See `processing.core.ports.Executor`; called from another thread than `run`."""
        if pid := self.running.get(token):
            kill_group(pid)
            kill_strays(token)

    def strays(self, root: Path, over: Callable[[set[str]], set[str]]) -> Sequence[str]:
        """See `processing.core.ports.Executor`."""
        listed = [(pid, token) for pid, token, home in attempts() if home.startswith(f"{root}/")]
        ended = over({token for _, token in listed}) if listed else set()
        found = [(pid, token) for pid, token in listed if token in ended]
        for pid, _ in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return [token for _, token in found]

    def run(self, command: Command) -> Finished:
        started = time.monotonic()
        with command.log.open("wb") as log:
            child = subprocess.Popen(  # noqa: S603 - argv is a list, there is no shell
                guarded(command),
                cwd=command.cwd,
                env=environment(command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self.running[command.token] = child.pid
            try:
                ended, memory = watch(child.pid, command.seconds)
            finally:
                kill_group(child.pid)
                kill_strays(command.token)
                self.running.pop(command.token)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        return Finished(
            exit_code=child.returncode,
            ended=Ended.KILLED if ended is Ended.EXITED and child.returncode < 0 else ended,
            seconds=time.monotonic() - started,
            cpu_seconds=usage.ru_utime + usage.ru_stime,
            memory=memory,
        )


def guarded(command: Command) -> tuple[str, ...]:
    """The command behind util-linux's guards: dies with its parent, and cannot outgrow its memory.

    Wrappers instead of preexec_fn, which is unsafe in a process with threads.
    """
    limit = ("prlimit", f"--as={command.memory}", "--") if command.memory else ()
    return ("setpriv", "--pdeathsig", "KILL", "--", *limit, *command.argv)


def environment(command: Command) -> dict[str, str]:
    """A small and known environment, with the attempt's token so that strays can be found by it."""
    passed_on = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    home = str(command.cwd)
    return {"PATH": os.defpath, "HOME": home, "TMPDIR": home, **passed_on, "PHOENIX_TOKEN": command.token}


def watch(pid: int, seconds: float) -> tuple[Ended, int]:
    """Sleep until the child has ended (it is not reaped here) or the time is over; its peak memory in bytes.

    The memory is looked at now and then: what the system accounts at the end counts the caller's own memory, too,
    which the child shared before it became another program.
    """
    deadline, peak = time.monotonic() + seconds, 0
    handle = os.pidfd_open(pid)
    try:
        poller = select.poll()
        poller.register(handle, select.POLLIN)
        while (left := deadline - time.monotonic()) > 0:
            if poller.poll(min(left, LOOK_EVERY) * 1000):
                return Ended.EXITED, peak
            peak = max(peak, peak_memory(pid))
        return Ended.TIMED_OUT, peak
    finally:
        os.close(handle)


def peak_memory(pid: int) -> int:
    """The most resident memory in bytes since the process became this program; 0 if it has ended."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"^VmHWM:\s*(\d+) kB", status, re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


def kill_strays(token: str) -> None:
    """End the descendants that left the session: the attempt's token stands in their environment."""
    for pid, found, _ in attempts():
        if token and found == token:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def attempts() -> Iterator[tuple[int, str, str]]:
    """(pid, token, home) of every process on this machine that belongs to an attempt."""
    for file in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            pairs = (entry.partition(b"=") for entry in file.read_bytes().split(b"\0"))
            variables = {name: value.decode(errors="replace") for name, _, value in pairs}
            if token := variables.get(b"PHOENIX_TOKEN"):
                yield int(file.parent.name), token, variables.get(b"HOME", "")


def kill_group(pid: int) -> None:
    """End whatever is left of the child's session; the leader is a zombie or alive, so its id is not reused."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return
