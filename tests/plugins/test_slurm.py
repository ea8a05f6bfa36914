"""The executor on a real Slurm of one node: what is Slurm's own, beside the contract of all executors."""

import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest

from processing.core.errors import HostHalt
from processing.core.ports import Command, Ended, Finished
from processing.plugins import slurm_step
from processing.plugins.executors import slurm as executors
from processing.plugins.executors.slurm import SlurmExecutor, ask, end, state
from tests import slurm_cluster
from tests.plugins.test_executors import ATTEMPT, MB, command, wait_for

AT_WORK = "print('at work', flush=True); import time; time.sleep(60)"
WITHIN = 60.0  # seconds: Slurm looks at time limits twice a minute
Begun = Callable[..., Future[Finished]]


@pytest.fixture
def executor(slurm: None) -> SlurmExecutor:
    return SlurmExecutor(look_every=0.1)


@pytest.fixture
def python(tmp_path: Path) -> Callable[..., Command]:
    """A line of Python as a command with limits."""
    return lambda line, **limits: command(tmp_path, sys.executable, "-c", line, **limits)


@pytest.fixture
def begun(executor: SlurmExecutor, python: Callable[..., Command], tmp_path: Path) -> Iterator[Begun]:
    """Begin a command in another thread, and return once it is at work."""
    log = tmp_path / "log"
    with ThreadPoolExecutor(1) as pool:

        def begin() -> Future[Finished]:
            future = pool.submit(executor.run, python(AT_WORK, seconds=WITHIN))
            assert wait_for(lambda: log.exists() and "at work" in log.read_text())
            return future

        yield begin
        executor.cancel(ATTEMPT)


def number() -> str:
    """Of the one job that Slurm has."""
    return ask("squeue", "--noheader", "--format=%i").stdout.strip()


def times_out(job: str) -> None:
    ask("scontrol", "update", f"JobId={job}", "TimeLimit=0")


def is_cancelled(job: str) -> None:
    ask("scancel", job)


def loses_its_node(job: str) -> None:
    ask("scontrol", "update", f"NodeName={slurm_cluster.NODE}", "State=DOWN", "Reason=test")
    file = Path(os.environ["SLURM_CONF"])
    slurm_cluster.wait_until_idle(file, file.parent)  # by itself, since it still answers


def loses_its_step(job: str) -> None:
    """As when a node has no Python, or the work folder is away."""
    ask("scancel", "--batch", "--signal=KILL", job)


@pytest.mark.parametrize(
    ("happens", "told", "ended"),
    [
        (is_cancelled, "CANCELLED", Ended.KILLED),
        (loses_its_node, "NODE_FAIL", Ended.KILLED),
        (loses_its_step, "FAILED", Ended.KILLED),
        (times_out, "TIMEOUT", Ended.TIMED_OUT),
    ],
)
def test_a_job_that_slurm_ends_is_told_by_what_slurm_says_of_it_and_is_not_begun_again(
    begun, tmp_path, happens, told, ended
):
    future, job = begun(), number()
    happens(job)
    finished = future.result(WITHIN)

    assert (state(job), finished.ended, finished.exit_code) == (told, ended, -signal.SIGKILL)
    assert (tmp_path / "log").read_text().count("at work") == 1


def test_a_job_that_slurm_ends_for_want_of_memory_ran_out_of_it(slurm, python):
    executor = SlurmExecutor(look_every=0.1, options=["--mem=60M"])

    finished = executor.run(python(f"full = b'x' * {200 * MB}; print(len(full))"))

    assert (finished.ended, finished.exit_code) == (Ended.OUT_OF_MEMORY, -signal.SIGKILL)


def test_limits_are_passed_on_to_a_job_that_is_held_and_never_queued_again(slurm, python):
    executor = SlurmExecutor(cores=2)
    job = executor.submit(python("pass", seconds=600, memory=300 * MB))
    told = ask("scontrol", "--oneliner", "show", "job", job).stdout.split()
    end(ATTEMPT)

    assert {"TimeLimit=00:11:00", "MinMemoryNode=300M", "CPUs/Task=2", "Requeue=0", "Reason=JobHeldUser"} <= {*told}


def test_a_command_steps_back_on_its_node(slurm, python, tmp_path):
    SlurmExecutor(look_every=0.1, nice=7).run(python("import os; print(os.nice(0))"))

    assert (tmp_path / "log").read_text() == f"{min(os.nice(0) + 7, 19)}\n"


def test_a_job_that_slurm_does_not_take_holds_this_host_and_is_not_started(slurm, python):
    started: list[bool] = []

    @contextmanager
    def start() -> Iterator[None]:
        started.append(True)
        yield

    with pytest.raises(HostHalt, match=r"Slurm takes no job on .*invalid partition"):
        SlurmExecutor(options=["--partition=nowhere"]).run(python("pass"), start())
    assert started == []


def test_a_job_that_must_not_start_leaves_slurm(executor, python):
    class Refusal(nullcontext[None]):
        def __enter__(self) -> None:
            assert number()
            raise TimeoutError

    with pytest.raises(TimeoutError):
        executor.run(python("pass"), Refusal())
    assert wait_for(lambda: not number())


@contextmanager
def silence() -> Iterator[None]:
    """A controller that does not answer meanwhile."""
    controller = int((Path(os.environ["SLURM_CONF"]).parent / "slurmctld.pid").read_text())
    os.kill(controller, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(controller, signal.SIGCONT)


def test_a_slurm_that_does_not_answer_holds_this_host(executor, monkeypatch):
    monkeypatch.setattr(executors, "ANSWERS_WITHIN", 0.5)

    with silence(), pytest.raises(HostHalt, match="Slurm does not answer"):
        executor.ready(sys.executable)


def test_a_job_that_is_ended_while_slurm_does_not_answer_ends_as_soon_as_it_does(executor, begun, monkeypatch):
    monkeypatch.setattr(executors, "ANSWERS_WITHIN", 0.5)
    future = begun()
    with silence():
        executor.cancel(ATTEMPT)
        time.sleep(2)
        assert not future.done()

    assert future.result(20).ended is Ended.KILLED


def test_a_slurm_that_answers_is_ready_where_its_programs_are(executor, monkeypatch, tmp_path):
    executor.ready(sys.executable)
    (tmp_path / "sbatch").symlink_to(str(shutil.which("sbatch")))
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(HostHalt, match="squeue is not installed"):
        executor.ready(sys.executable)


def step(tmp_path: Path, *argv: str) -> None:
    limits = {"memory": 0, "seconds": 5.0, "nice": 0}
    slurm_step.main({"environment": {}, "result": str(tmp_path / "slurm.json"), **limits}, list(argv))


def test_a_program_that_is_not_on_the_node_fails_and_says_so(tmp_path, capfd):
    step(tmp_path, "/no/such/program")

    assert json.loads((tmp_path / "slurm.json").read_text())["exit_code"] == 127
    assert "/no/such/program: No such file" in capfd.readouterr().err


def test_children_left_behind_by_a_command_that_succeeded_end_with_it(tmp_path, capfd):
    step(tmp_path, "/bin/sh", "-c", "sleep 60 >/dev/null 2>&1 & echo $!")
    left = Path(f"/proc/{capfd.readouterr().out.strip()}/stat")

    assert wait_for(lambda: not left.exists() or left.read_text().rpartition(")")[2].split()[0] in "ZX", 3)
