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
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from processing.core.errors import HostHalt
from processing.core.ports import AT_ONCE, Command, Ended, Finished
from processing.plugins.commands import environment, refused_memory
from processing.plugins.guard import attempts, end, guard

# Of util-linux: without them a recipe could outlive its worker, or take all memory.
GUARDS = ("setpriv", "prlimit")
# Waits for the word at its input, and becomes the command, with nothing that a shell adds to the environment.
WAIT = 'read -r go && unset PWD OLDPWD SHLVL && exec "$@" </dev/null'
MOST_NICE = 19
LOOK_EVERY, LOOK_RARELY = 0.05, 1.0  # seconds: at first, and in the end

VMSTAT = Path("/proc/vmstat")


@dataclass
class Peak:
    """The most memory in bytes that a process had when it was looked at."""

    resident: int = 0
    address_space: int = 0

    def look(self, pid: int) -> None:
        """Read the system's own peaks since the process became this program; nothing if it has ended."""
        status = Path(f"/proc/{pid}/status").read_text()
        found = {key: int(kb) * 1024 for key, kb in re.findall(r"^(VmHWM|VmPeak):\s*(\d+) kB", status, re.MULTILINE)}
        self.resident = max(self.resident, found.get("VmHWM", 0))
        self.address_space = max(self.address_space, found.get("VmPeak", 0))


class LocalExecutor:
    """One child process per command; its descendants die with it, and with the caller."""

    def __init__(self, nice: int = 0) -> None:
        """`nice` is how far a command steps back for other programs, from 0 to 19."""
        if not 0 <= nice <= MOST_NICE:
            raise ValueError(f"nice must be from 0 to {MOST_NICE}, not {nice}")
        self.nice = nice
        self.running: dict[str, int] = {}
        self.cancelled: set[str] = set()

    def ready(self, program: str) -> None:
        """The program is installed, and so are the guards."""
        for needed in (program, *GUARDS):
            if not shutil.which(needed):
                raise HostHalt(f"{needed} is not installed on {socket.gethostname()}")

    def cancel(self, token: str) -> None:
        """See `processing.core.ports.Executor`; called from another thread than `run`, perhaps just before it."""
        self.cancelled.add(token)
        if pid := self.running.get(token):
            kill_group(pid)  # `run` sees the end of it, and ends the rest

    def strays(self, root: Path, over: Callable[[set[str]], set[str]]) -> Sequence[str]:
        """See `processing.core.ports.Executor`."""
        listed = [(pid, token) for pid, token, home in attempts() if home.startswith(f"{root}/")]
        ended = over({token for _, token in listed}) if listed else set()
        found = [(pid, token) for pid, token in listed if token in ended]
        for pid, _ in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return [token for _, token in found]

    def run(self, command: Command, start: AbstractContextManager[object] = AT_ONCE) -> Finished:
        """See `processing.core.ports.Executor`; its process stands ready before that, so the start costs nothing."""
        peak, in_time, took = Peak(), False, 0.0
        with guard(command.token) as since, standing(command, self.nice) as child:
            self.running[command.token] = child.pid
            try:
                with start:
                    # Whichever of the two threads comes second sees what the other has written.
                    if command.token in self.cancelled:
                        kill_group(child.pid)
                    killed, begun = oom_kills(), time.monotonic()
                    go(child)
                    in_time = watch(child.pid, command.seconds, peak)
                    took = time.monotonic() - begun
                    kill_group(child.pid)
            finally:
                kill_group(child.pid)
                end(command.token, since)
                self.running.pop(command.token)
                self.cancelled.discard(command.token)
                _, status, usage = os.wait4(child.pid, 0)
                child.returncode = os.waitstatus_to_exitcode(status)
        return Finished(
            exit_code=child.returncode,
            ended=how(command, child.returncode, peak, killed) if in_time else Ended.TIMED_OUT,
            seconds=took,
            cpu_seconds=usage.ru_utime + usage.ru_stime,
            memory=peak.resident,
            address_space=peak.address_space,
        )


@contextlib.contextmanager
def standing(command: Command, nice: int) -> "Iterator[subprocess.Popen[bytes]]":
    """The process of a command, which becomes it at the word `go`, and ends without that when this process does."""
    with (
        command.log.open("wb") as log,
        subprocess.Popen(  # noqa: S603 - argv is a list; the only shell waits, and is ours
            guarded(command, nice),
            cwd=command.cwd,
            env=environment(command),
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as child,
    ):
        yield child


def go(child: "subprocess.Popen[bytes]") -> None:
    """Let it begin, unless it has been ended."""
    if child.stdin:
        with contextlib.suppress(BrokenPipeError):
            os.write(child.stdin.fileno(), b"go\n")


def how(command: Command, code: int, peak: Peak, killed: int) -> Ended:
    """The kind of end of a command that nobody ended here at its time limit; `killed` as `oom_kills` before it."""
    if out_of_memory(command, code, peak, killed):
        return Ended.OUT_OF_MEMORY
    return Ended.KILLED if code < 0 else Ended.EXITED


def out_of_memory(command: Command, code: int, peak: Peak, killed: int) -> bool:
    """Whether a bad end was for want of memory: the system's, or below the command's limit."""
    if -code == signal.SIGKILL:
        return oom_kills() > killed
    return refused_memory(command, code, peak.address_space)


def oom_kills() -> int:
    """How many processes the system has ended for want of memory since it was started, its containers' included."""
    found = re.search(r"^oom_kill (\d+)$", VMSTAT.read_text(), re.MULTILINE)
    return int(found[1]) if found else 0


def guarded(command: Command, nice: int = 0) -> tuple[str, ...]:
    """The command behind util-linux's guards: dies with its parent, and cannot outgrow its memory; and steps back.

    Wrappers instead of preexec_fn, which is unsafe in a process with threads.
    """
    limit = ("prlimit", f"--as={command.memory}", "--") if command.memory else ()
    back = ("nice", "-n", str(nice)) if nice else ()
    return ("setpriv", "--pdeathsig", "KILL", "--", *limit, *back, "/bin/sh", "-c", WAIT, "wait", *command.argv)


def watch(pid: int, seconds: float, peak: Peak) -> bool:
    """Sleep until the child has ended (it is not reaped here): True, or until the time is over: False.

    The memory is looked at now and then: what the system accounts at the end counts the caller's own memory, too,
    which the child shared before it became another program.
    """
    begun = time.monotonic()
    handle = os.pidfd_open(pid)
    try:
        poller = select.poll()
        poller.register(handle, select.POLLIN)
        while (took := time.monotonic() - begun) < seconds:
            pause = min(max(took / 20, LOOK_EVERY), LOOK_RARELY)
            if poller.poll(min(seconds - took, pause) * 1000):
                return True
            peak.look(pid)
        return False
    finally:
        os.close(handle)


def kill_group(pid: int) -> None:
    """End whatever is left of the child's session; the leader is a zombie or alive, so its id is not reused."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return
