"""Runs a command on this machine, in its own session, within its limits."""

import os
import select
import shutil
import signal
import socket
import subprocess
import time

from processing.core.errors import Halt
from processing.core.ports import Command, Ended, Finished

# The same few variables for every recipe: results must not depend on who started the cluster.
PASSED_ON = ("PATH", "LANG", "LC_ALL", "OMP_NUM_THREADS")


class LocalExecutor:
    """One child process per command; its descendants die with it, and with the caller."""

    def ready(self, command: Command) -> None:
        """The program is installed."""
        if not shutil.which(command.argv[0]):
            raise Halt(f"{command.argv[0]} is not installed on {socket.gethostname()}")

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
            try:
                ended = wait(child.pid, command.seconds)
            finally:
                kill_group(child.pid)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        return Finished(
            exit_code=child.returncode,
            ended=Ended.KILLED if ended is Ended.EXITED and child.returncode < 0 else ended,
            seconds=time.monotonic() - started,
            cpu_seconds=usage.ru_utime + usage.ru_stime,
            memory=usage.ru_maxrss * 1024,
        )


def guarded(command: Command) -> tuple[str, ...]:
    """The command behind util-linux's guards: dies with its parent, and cannot outgrow its memory.

    Wrappers instead of preexec_fn, which is unsafe in a process with threads.
    """
    guards: tuple[str, ...] = ()
    if shutil.which("setpriv"):
        guards += ("setpriv", "--pdeathsig", "KILL", "--")
    if command.memory and shutil.which("prlimit"):
        guards += ("prlimit", f"--as={command.memory}", "--")
    return guards + command.argv


def environment(command: Command) -> dict[str, str]:
    """A small and known environment, with the attempt's token so that strays can be found by it."""
    passed_on = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    home = str(command.cwd)
    return {"PATH": os.defpath, "HOME": home, "TMPDIR": home, **passed_on, "PHOENIX_TOKEN": command.token}


def wait(pid: int, seconds: float) -> Ended:
    """Sleep until the child has ended (it is not reaped here) or the time is over."""
    handle = os.pidfd_open(pid)
    try:
        poller = select.poll()
        poller.register(handle, select.POLLIN)
        return Ended.EXITED if poller.poll(seconds * 1000) else Ended.TIMED_OUT
    finally:
        os.close(handle)


def kill_group(pid: int) -> None:
    """End whatever is left of the child's session; the leader is a zombie or alive, so its id is not reused."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return
