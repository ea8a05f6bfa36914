#!/usr/bin/python3 -IS
"""Runs one command on a node of Slurm within its limits, and writes down how it ended: the script of the batch job.

Standard library only, and no import of phoenix: Slurm copies this file to the node.
"""

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any


def main(how: dict[str, Any], argv: list[str]) -> None:
    """Start, wait for the end or the limit, tell; the file of the result is there when it is whole."""
    if how["memory"]:
        resource.setrlimit(resource.RLIMIT_AS, (how["memory"], how["memory"]))
    started, late = time.monotonic(), False
    try:
        child = subprocess.Popen(argv, env=how["environment"], stdin=subprocess.DEVNULL, start_new_session=True)  # noqa: S603
        try:
            code = child.wait(how["seconds"])
        except subprocess.TimeoutExpired:
            late = True
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
    }
    file = Path(how["result"])
    file.with_suffix(".part").write_text(json.dumps(result))
    file.with_suffix(".part").rename(file)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), sys.argv[2:])
