"""Runs a command as a batch job of Slurm, on whatever node it chooses; all nodes share the work folder."""

import json
import math
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from processing.core.errors import HostHalt
from processing.core.ports import AT_ONCE, Command, Ended, Finished
from processing.plugins import slurm_step
from processing.plugins.logs import tail

PROGRAMS = ("sbatch", "squeue", "scancel", "scontrol")
PASSED_ON = ("PATH", "LANG", "LC_ALL", "OMP_NUM_THREADS")
NAME = "phoenix-"
MB = 2**20
ANSWERS_WITHIN = 30.0  # seconds
ARRIVES_WITHIN = 5.0  # seconds: for the file of a result to be seen through a file system of many hosts
REFUSED = re.compile(r"failed to (allocate|map)|cannot allocate memory|out of memory|bad_alloc|MemoryError", re.I)
OVER = re.compile(r"Invalid job id", re.I)
ENDS = {"OUT_OF_MEMORY": Ended.OUT_OF_MEMORY, "TIMEOUT": Ended.TIMED_OUT, "DEADLINE": Ended.TIMED_OUT}
"""What Slurm itself did to a job that left no result; whatever else it says, the job was killed."""


class SlurmExecutor:
    """One batch job per command; it is never queued again, since an AB has one attempt."""

    def __init__(self, *, options: Sequence[str] = (), cores: int = 1, look_every: float = 1.0) -> None:
        self.options = tuple(options)
        self.cores = cores
        self.look_every = look_every
        self.cancelled: set[str] = set()

    def ready(self, program: str) -> None:
        """Slurm answers; whether a node has the program shows there only, so it is looked for here."""
        for needed in (*PROGRAMS, program):
            if not shutil.which(needed):
                raise HostHalt(f"{needed} is not installed on {socket.gethostname()}")
        if ask("scontrol", "ping").returncode:
            raise HostHalt(f"Slurm does not answer on {socket.gethostname()}")

    def cancel(self, token: str) -> None:
        """See `processing.core.ports.Executor`; called from another thread than `run`, perhaps just before it."""
        if token:
            self.cancelled.add(token)
            end(token)

    def strays(self, root: Path, over: Callable[[set[str]], set[str]]) -> Sequence[str]:
        """See `processing.core.ports.Executor`."""
        listed = ask("squeue", "--me", "--noheader", "--format=%j %Z").stdout.splitlines()
        pairs = [line.partition(" ") for line in listed if line.startswith(NAME)]
        tokens = {name.removeprefix(NAME) for name, _, home in pairs if home.startswith(f"{root}/")}
        ended = sorted(over(tokens)) if tokens else []
        for token in ended:
            end(token)
        return ended

    def run(self, command: Command, start: AbstractContextManager[object] = AT_ONCE) -> Finished:
        """See `processing.core.ports.Executor`; the time in Slurm's queue counts for nothing."""
        with start:
            return self.submitted(command)

    def submitted(self, command: Command) -> Finished:
        """Hand it over, and wait for what comes of it."""
        result = command.cwd / "slurm.json"
        result.unlink(missing_ok=True)
        asked = self.submit(command, result)
        if asked.returncode:
            # It may have been taken all the same: then it must not run.
            end(command.token)
            command.log.write_text(f"sbatch: {asked.stderr.strip()}\n")
            return finished({"exit_code": asked.returncode}, Ended.KILLED)
        number = asked.stdout.strip().partition(";")[0]
        if command.token in self.cancelled:
            end(command.token)
        self.wait(number)
        self.cancelled.discard(command.token)
        return outcome(command, number, result)

    def submit(self, command: Command, result: Path) -> "subprocess.CompletedProcess[str]":
        """Hand the command over, with its limits."""
        home = str(command.cwd)
        passed_on = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        mine = {"PATH": os.defpath, "HOME": home, "TMPDIR": home, **passed_on, "PHOENIX_TOKEN": command.token}
        how = {"environment": mine, "memory": command.memory, "seconds": command.seconds, "result": str(result)}
        limits = [f"--time={math.ceil(command.seconds / 60) + 1}", f"--cpus-per-task={self.cores}"]
        limits += [f"--mem={math.ceil(command.memory / MB)}M"] if command.memory else []
        where = [f"--chdir={home}", f"--output={command.log}", "--export=NIL", "--no-requeue", "--parsable"]
        name = f"--job-name={NAME}{command.token}"
        step = str(Path(slurm_step.__file__))
        return ask("sbatch", name, *where, *limits, *self.options, step, json.dumps(how), *command.argv)

    def wait(self, number: str) -> None:
        """Until Slurm has no such job any more; while Slurm is away, the job may go on."""
        while True:
            found = ask("squeue", "--noheader", "--format=%T", f"--jobs={number}")
            if (not found.returncode and not found.stdout.strip()) or OVER.search(found.stderr):
                return
            time.sleep(self.look_every)


def outcome(command: Command, number: str, result: Path) -> Finished:
    """What the step wrote, else what Slurm says of a job that was ended before it could write."""
    deadline = time.monotonic() + ARRIVES_WITHIN
    while not result.exists():
        told = ask("scontrol", "--oneliner", "show", "job", number).stdout
        state = found[1] if (found := re.search(r"JobState=(\w+)", told)) else ""
        if state not in ("", "COMPLETED") or time.monotonic() > deadline:
            return finished({"exit_code": -9}, ENDS.get(state, Ended.KILLED))
        time.sleep(0.1)
    facts = json.loads(result.read_text())
    code = facts["exit_code"]
    if facts["late"]:
        return finished(facts, Ended.TIMED_OUT)
    if code and REFUSED.search(tail(command.log)):
        return finished(facts, Ended.OUT_OF_MEMORY)
    return finished(facts, Ended.KILLED if code < 0 else Ended.EXITED)


def finished(facts: dict[str, Any], ended: Ended) -> Finished:
    """What is known; Slurm without accounting knows nothing of a job's address space."""
    numbers = {"seconds": 0.0, "cpu_seconds": 0.0, "memory": 0, **facts}
    numbers.pop("late", None)
    return Finished(**numbers, address_space=0, ended=ended)


def end(token: str) -> None:
    """End the attempt's job with all of its processes, wherever it is."""
    ask("scancel", "--me", "--full", "--signal=KILL", f"--name={NAME}{token}")
    ask("scancel", "--me", f"--name={NAME}{token}")


def ask(program: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """One of Slurm's programs; a controller that hangs counts as one that refuses."""
    try:
        return subprocess.run(  # noqa: S603 - a list, no shell
            [program, *arguments], capture_output=True, text=True, check=False, timeout=ANSWERS_WITHIN
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess([program], 124, "", f"no answer within {ANSWERS_WITHIN:.0f} s")
