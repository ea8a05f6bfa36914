"""Ends the processes of one attempt when its worker is gone: a program of its own, started beside each command.

The kernel ends only the direct child of a worker that dies.  What that child has started lives on, so this program
waits for the end of its input, a pipe that only the worker holds, and then looks for the attempt's token.
Standard library only, and no import of phoenix: it must start in milliseconds.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

# Most guards are never needed: what waits is the smallest program there is; at the end of its input it becomes this.
WAIT = 'read -r _; exec "$0" -I -S "$1" "$2"'
VARIABLE = b"PHOENIX_TOKEN="
PERSISTS = 1.0  # seconds: for a process that cannot be ended before it has left a system call


@contextlib.contextmanager
def guard(token: str) -> Iterator[None]:
    """While this is open, the death of this process ends every process with the token in its environment."""
    argv = ("/bin/sh", "-c", WAIT, sys.executable, __file__, token)
    # A session of its own, and no token in its environment: it survives what it is to clean up after.
    with subprocess.Popen(argv, stdin=subprocess.PIPE, env={}, start_new_session=True) as program:  # noqa: S603
        try:
            yield
        finally:
            program.kill()


def end(token: str) -> None:
    """End every process of the attempt, and what these start while one looks."""
    deadline = time.monotonic() + PERSISTS
    while token and time.monotonic() < deadline:
        found = [pid for pid, theirs, _ in attempts() if theirs == token]
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if not found:
            return
        time.sleep(0.005)


def attempts() -> Iterator[tuple[int, str, str]]:
    """(pid, token, home) of every process on this machine that belongs to an attempt.

    After each recipe all processes are looked through: hence no globbing, and nothing decoded of those of others.
    """
    for pid in filter(str.isdecimal, os.listdir("/proc")):  # noqa: PTH208 - paths would cost more than all the rest
        with contextlib.suppress(OSError):
            environment = Path(f"/proc/{pid}/environ").read_bytes()
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
