"""Runs a command as a batch job of Slurm, on whatever node it chooses; all nodes share the work folder."""

import contextlib
import json
import math
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from processing.core.errors import HostHalt
from processing.core.ports import AT_ONCE, Command, Ended, Finished
from processing.plugins import slurm_step
from processing.plugins.commands import environment, refused_memory

PROGRAMS = ("sbatch", "squeue", "scancel", "scontrol")
NAME = "phoenix-"
MB = 2**20
MOST_NICE = 19
ANSWERS_WITHIN = 30.0  # seconds
ARRIVES_WITHIN = 5.0  # seconds: for the file of a result to be seen through a file system of many hosts
OVER = re.compile(r"Invalid job id", re.I)
OUT_OF_MEMORY = "OUT_OF_MEMORY"
ENDS = {OUT_OF_MEMORY: Ended.OUT_OF_MEMORY, "TIMEOUT": Ended.TIMED_OUT, "DEADLINE": Ended.TIMED_OUT}
"""What Slurm itself did to a job that left no result; whatever else it says, the job was killed."""
# Waits for a word, or for the end of its input, a pipe that only the worker holds: then the worker is gone.
LAST_WILL = 'read -r over || { scancel --me --full --signal=KILL --name="$1"; scancel --me --name="$1"; }'


class SlurmExecutor:
    """One batch job per command; it is never queued again, since an AB has one attempt."""

    def __init__(self, *, options: Sequence[str] = (), cores: int = 1, nice: int = 0, look_every: float = 1.0) -> None:
        """`nice` is how far a command steps back for other programs of its node, from 0 to 19."""
        if not 0 <= nice <= MOST_NICE:
            raise ValueError(f"nice must be from 0 to {MOST_NICE}, not {nice}")
        self.options = tuple(options)
        self.cores = cores
        self.nice = nice
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
        """See `processing.core.ports.Executor`; `run`, in another thread, ends the job at its next look."""
        self.cancelled.add(token)

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
        """See `processing.core.ports.Executor`; its job is held in Slurm before that, so that a refusal costs nothing.

        The time in Slurm's queue counts for nothing.  Raises `HostHalt` if Slurm takes no job.
        """
        with last_will(command.token):
            try:
                number = self.submit(command)
                with start:
                    self.let_go(command.token, number)
                    return outcome(command, number)
            except BaseException:
                end(command.token)
                raise
            finally:
                self.cancelled.discard(command.token)

    def submit(self, command: Command) -> str:
        """Hand the command over, with its limits, to be held; returns the number of its job."""
        file = result(command)
        file.unlink(missing_ok=True)
        limits = {"memory": command.memory, "seconds": command.seconds, "nice": self.nice}
        how = {"environment": environment(command), "result": str(file), **limits}
        asked = [f"--time={math.ceil(command.seconds / 60) + 1}", f"--cpus-per-task={self.cores}"]
        asked += [f"--mem={math.ceil(command.memory / MB)}M"] if command.memory else []
        where = [f"--chdir={command.cwd}", f"--output={command.log}", "--export=NIL", "--no-requeue", "--parsable"]
        name = f"--job-name={NAME}{command.token}"
        step = str(Path(slurm_step.__file__))
        told = ask("sbatch", "--hold", name, *where, *asked, *self.options, step, json.dumps(how), *command.argv)
        if told.returncode:
            raise HostHalt(f"Slurm takes no job on {socket.gethostname()}: {told.stderr.strip()}")
        return told.stdout.strip().partition(";")[0]

    def let_go(self, token: str, number: str) -> None:
        """Let it begin, and wait until Slurm has no such job any more; while Slurm is away, the job may go on."""
        held = True
        while True:
            if token in self.cancelled:
                end(token)
            elif held:
                # Twice does no harm: the job is the same, and begins once.
                held = ask("scontrol", "release", number).returncode != 0
            found = ask("squeue", "--noheader", "--format=%T", f"--jobs={number}")
            if (not found.returncode and not found.stdout.strip()) or OVER.search(found.stderr):
                return
            time.sleep(self.look_every)


@contextlib.contextmanager
def last_will(token: str) -> Iterator[None]:
    """While this is open, the death of this process ends the attempt's job."""
    with subprocess.Popen(  # noqa: S603 - our own
        ["/bin/sh", "-c", LAST_WILL, "will", f"{NAME}{token}"], stdin=subprocess.PIPE, start_new_session=True
    ) as will:
        try:
            yield
        finally:
            will.communicate(b"over\n")


def result(command: Command) -> Path:
    """Where the step writes how the command ended."""
    return command.cwd / "slurm.json"


def outcome(command: Command, number: str) -> Finished:
    """What the step wrote, else what Slurm says of a job that was ended before it could write."""
    deadline = time.monotonic() + ARRIVES_WITHIN
    while not result(command).exists():
        ended = state(number)
        if ended not in ("", "COMPLETED") or time.monotonic() > deadline:
            return finished({"exit_code": -signal.SIGKILL}, ENDS.get(ended, Ended.KILLED))
        time.sleep(0.1)
    facts = json.loads(result(command).read_text())
    late = facts.pop("late")
    return finished(facts, Ended.TIMED_OUT if late else how(command, number, facts))


def how(command: Command, number: str, facts: dict[str, Any]) -> Ended:
    """The kind of end of a command that was not late."""
    code = facts["exit_code"]
    if code == -signal.SIGKILL:
        return ENDS.get(state(number), Ended.KILLED)
    if refused_memory(command, code, facts["address_space"]):
        return Ended.OUT_OF_MEMORY
    return Ended.KILLED if code < 0 else Ended.EXITED


def state(number: str) -> str:
    """What Slurm says of a job, such as RUNNING; empty if it says nothing, or not any more."""
    told = ask("scontrol", "--oneliner", "show", "job", number).stdout
    return found[1] if (found := re.search(r"JobState=(\w+)", told)) else ""


def finished(facts: dict[str, Any], ended: Ended) -> Finished:
    """What is known, else nothing: Slurm without accounting knows little."""
    nothing = {"seconds": 0.0, "cpu_seconds": 0.0, "memory": 0, "address_space": 0}
    return Finished(**nothing | facts, ended=ended)


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
