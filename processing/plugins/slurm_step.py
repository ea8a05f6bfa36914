#!/usr/bin/python3 -IS
"""Runs one command on a node of Slurm within its limits, and writes down how it ended: the script of the batch job.

Standard library only, and no import of phoenix: Slurm copies this file to the node.
"""

import contextlib
import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

LOOK_EVERY, LOOK_RARELY = 0.05, 1.0  # seconds: at first, and in the end


def main(how: dict[str, Any], argv: list[str]) -> None:
    """Start, wait for the end or the limit, tell; the file of the result is there when it is whole."""
    os.nice(how["nice"])
    if how["memory"]:
        resource.setrlimit(resource.RLIMIT_AS, (how["memory"], how["memory"]))
    started, late, peak = time.monotonic(), False, 0
    try:
        child = subprocess.Popen(argv, env=how["environment"], stdin=subprocess.DEVNULL, start_new_session=True)  # noqa: S603
        late, peak = watch(child, how["seconds"])
        if late:
            child.kill()
        code = child.wait()
        # Whatever it has left behind; what left its group too is Slurm's to end, with the job.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
    except OSError as absent:
        code = 127
        os.write(2, f"{argv[0]}: {absent.strerror}\n".encode())
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = {
        "exit_code": code,
        "late": late,
        "seconds": time.monotonic() - started,
        "cpu_seconds": used.ru_utime + used.ru_stime,
        "memory": used.ru_maxrss * 1024,
        "address_space": peak,
    }
    file = Path(how["result"])
    file.with_suffix(".part").write_text(json.dumps(result))
    file.with_suffix(".part").rename(file)


def watch(child: "subprocess.Popen[bytes]", seconds: float) -> tuple[bool, int]:
    """Whether it is still there when the time is over, and the largest address space in bytes that was seen of it."""
    begun, peak = time.monotonic(), 0
    while (took := time.monotonic() - begun) < seconds:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(min(seconds - took, max(took / 20, LOOK_EVERY), LOOK_RARELY))
            return False, peak
        peak = max(peak, address_space(child.pid))
    return True, peak


def address_space(pid: int) -> int:
    """The system's own peak since the process became this program; 0 if it has ended."""
    with contextlib.suppress(OSError):
        if found := re.search(r"^VmPeak:\s*(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE):
            return int(found[1]) * 1024
    return 0


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), sys.argv[2:])
