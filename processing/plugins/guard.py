"""Ends the processes of an attempt when its worker is gone: a program of its own, started beside the worker.

The kernel ends only the direct child of a worker that dies.  What that child has started lives on, so this program
waits for the end of its input, a pipe that only the worker holds, and then looks for the last token that it was told.
Standard library only, and no import of phoenix: it must start in milliseconds.
"""

import atexit
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

# Most guards are never needed: what waits is the smallest program there is; at the end of its input it becomes this.
WAIT = 'while read -r line; do token=$line; done; [ -z "$token" ] || exec "$0" -I -S "$1" "$token"'
VARIABLE = b"PHOENIX_TOKEN="
PROGRAMS: "dict[tuple[int, int], subprocess.Popen[bytes]]" = {}
"""By process and thread."""
PERSISTS = 1.0  # seconds: for a process that cannot be ended before it has left a system call


@contextlib.contextmanager
def guard(token: str) -> "Iterator[Since]":
    """While this is open, the death of this process ends every process with the token in its environment."""
    tell(token)
    try:
        yield Since()
    finally:
        tell("")


def tell(token: str) -> None:
    """Say whom to end at the end of this process; each thread has its own program, which is started when it is not."""
    key = os.getpid(), threading.get_ident()
    if key not in PROGRAMS or PROGRAMS[key].poll() is not None:
        argv = ("/bin/sh", "-c", WAIT, sys.executable, __file__)
        # A session of its own, and no token in its environment: it survives what it is to clean up after.
        PROGRAMS[key] = subprocess.Popen(  # noqa: S603 - our own
            argv, stdin=subprocess.PIPE, env={}, start_new_session=True
        )
    os.write(PROGRAMS[key].stdin.fileno(), f"{token}\n".encode())  # type: ignore[union-attr] # it is a pipe


@atexit.register
def leave() -> None:
    """Let the programs of this process end before it does."""
    for (pid, _), program in PROGRAMS.items():
        if pid == os.getpid() and program.stdin:
            program.stdin.close()
            program.wait()


class Since:
    """A moment, after which processes of an attempt have begun: `end` need not look at any that are older."""

    def __init__(self) -> None:
        self.forks = forks()
        self.last = int(read("/proc/loadavg").rsplit(None, 1)[-1])

    @property
    def first(self) -> int:
        """The lowest number that a process since then can have; 0 once the numbers may have begun anew."""
        most = int(read("/proc/sys/kernel/pid_max"))
        return self.last + 1 if self.last + forks() - self.forks < most else 0


def forks() -> int:
    """How many processes and threads were begun on this machine, those of other containers included."""
    return int(read("/proc/stat").partition(b"\nprocesses ")[2].split(None, 1)[0])


def read(file: str) -> bytes:
    """What the system says at this moment."""
    with open(file, "rb", buffering=0) as opened:  # noqa: PTH123 - paths would cost more than all the rest
        return opened.read()


def end(token: str, since: "Since | None" = None) -> None:
    """End every process of the attempt, and what these start while one looks."""
    deadline = time.monotonic() + PERSISTS
    while token and time.monotonic() < deadline:
        found = [pid for pid, theirs, _ in attempts(since.first if since else 0) if theirs == token]
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if not found:
            return
        time.sleep(0.005)


def attempts(first: int = 0) -> Iterator[tuple[int, str, str]]:
    """(pid, token, home) of every process on this machine that belongs to an attempt, from that number on.

    Processes are looked through after each recipe: hence plain names, and nothing decoded of those of others.
    """
    for pid in filter(str.isdecimal, os.listdir("/proc")):  # noqa: PTH208 - as in `read`
        if int(pid) < first:
            continue
        with contextlib.suppress(OSError):
            environment = read(f"/proc/{pid}/environ")
            if VARIABLE not in environment:
                continue
            pairs = (entry.partition(b"=") for entry in environment.split(b"\0"))
            variables = {name: value.decode(errors="replace") for name, _, value in pairs}
            if token := variables.get(VARIABLE[:-1]):
                yield int(pid), token, variables.get(b"HOME", "")


if __name__ == "__main__":
    sys.stdin.buffer.read()
    for _ in range(3):  # a command that was just being started has its token a moment later
        end(sys.argv[1])
        time.sleep(0.1)
