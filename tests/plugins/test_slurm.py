"""The executor on a real Slurm of one node: what becomes of a job, of its limits, and of one that is to end."""

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from processing.core.errors import HostHalt
from processing.core.ports import Command, Ended
from processing.plugins import slurm_step
from processing.plugins.executors.slurm import SlurmExecutor, ask
from tests import slurm_cluster

MB = 2**20
TOKEN = "one"  # noqa: S105 - of an attempt


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Iterator[None]:
    if why := slurm_cluster.missing():
        pytest.skip(why)
    with (
        tempfile.TemporaryDirectory(prefix="phoenix-slurm-") as folder,
        pytest.MonkeyPatch.context() as patch,
        slurm_cluster.running(Path(folder)) as file,
    ):
        patch.setenv("SLURM_CONF", str(file))
        yield


@pytest.fixture
def executor() -> SlurmExecutor:
    return SlurmExecutor(look_every=0.1)


@pytest.fixture
def python(tmp_path):
    """A line of Python as a command with limits."""

    def made(line: str, *arguments: str, seconds: float = 30.0, memory: int = 0) -> Command:
        argv = (sys.executable, "-c", line, *arguments)
        return Command(argv=argv, cwd=tmp_path, log=tmp_path / "log", seconds=seconds, memory=memory, token=TOKEN)

    return made


def wait_for(what, seconds=20.0):
    end = time.monotonic() + seconds
    while not what() and time.monotonic() < end:
        time.sleep(0.1)
    return what()


def test_the_exit_code_and_the_log_are_the_commands(executor, python, tmp_path):
    finished = executor.run(python("import sys; print(sys.argv[1]); raise SystemExit(7)", "$HOME; ls"))

    assert (finished.exit_code, finished.ended) == (7, Ended.EXITED)
    assert (tmp_path / "log").read_text() == "$HOME; ls\n"


def test_the_environment_is_small_and_names_the_attempt(executor, python, tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "do not pass on")
    executor.run(python("import os; print(*sorted(os.environ)); print(os.environ['PHOENIX_TOKEN'], os.getcwd())"))
    names, values = (tmp_path / "log").read_text().splitlines()

    assert "SECRET_KEY" not in names
    assert "SLURM" not in names
    assert values == f"one {tmp_path}"


def test_a_command_at_its_time_limit_is_ended(executor, python):
    assert executor.run(python("import time; time.sleep(60)", seconds=0.5)).ended is Ended.TIMED_OUT


def test_a_command_cannot_outgrow_its_memory(executor, python):
    assert executor.run(python(f"bytearray({600 * MB})", memory=300 * MB)).ended is Ended.OUT_OF_MEMORY


def test_a_command_that_a_signal_ended_was_killed(executor, python):
    finished = executor.run(python("import os; os.kill(os.getpid(), 11)"))

    assert (finished.exit_code, finished.ended) == (-11, Ended.KILLED)


def test_a_job_that_is_ended_from_another_thread_leaves_slurm_with_all_its_processes(executor, python, tmp_path):
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(executor.run, python("import os, time; print(os.getpid(), flush=True); time.sleep(60)"))
        log = tmp_path / "log"
        assert wait_for(lambda: log.exists() and log.read_text().endswith("\n"))
        executor.cancel("one")

        assert future.result(20).ended is Ended.KILLED
    assert wait_for(lambda: not Path(f"/proc/{log.read_text().strip()}").exists(), 5)


def test_what_a_dead_worker_left_in_slurm_is_ended_and_named(executor, python, tmp_path):
    executor.submit(python("import time; time.sleep(60)"), tmp_path / "slurm.json")

    assert [*executor.strays(tmp_path / "elsewhere", lambda tokens: tokens)] == []
    assert [*executor.strays(tmp_path.parent, lambda tokens: set())] == []
    assert [*executor.strays(tmp_path.parent, lambda tokens: tokens)] == ["one"]
    assert wait_for(lambda: not ask("squeue", "--noheader").stdout.strip())


def test_limits_are_passed_on_and_a_job_is_never_queued_again(executor, python, tmp_path):
    number = executor.submit(python("pass", seconds=600, memory=300 * MB), tmp_path / "slurm.json").stdout.strip()
    told = ask("scontrol", "--oneliner", "show", "job", number).stdout
    executor.wait(number)

    assert "TimeLimit=00:11:00" in told
    assert "MinMemoryNode=300M" in told
    assert "Requeue=0" in told


def test_a_slurm_that_does_not_answer_holds_this_host(executor, monkeypatch, tmp_path):
    executor.ready(sys.executable)
    monkeypatch.setenv("SLURM_CONF", str(tmp_path / "none"))

    with pytest.raises(HostHalt, match="Slurm does not answer"):
        executor.ready(sys.executable)


def test_a_program_that_is_not_on_the_node_fails_and_says_so(tmp_path, capfd):
    how = {"environment": {}, "memory": 0, "seconds": 5.0, "result": str(tmp_path / "slurm.json")}
    slurm_step.main(how, ["/no/such/program"])

    assert json.loads((tmp_path / "slurm.json").read_text())["exit_code"] == 127
    assert "/no/such/program: No such file" in capfd.readouterr().err


def test_children_left_behind_by_a_command_that_succeeded_end_with_it(tmp_path, capfd):
    how = {"environment": {}, "memory": 0, "seconds": 5.0, "result": str(tmp_path / "slurm.json")}
    slurm_step.main(how, ["/bin/sh", "-c", "sleep 60 >/dev/null 2>&1 & echo $!"])
    left = Path(f"/proc/{capfd.readouterr().out.strip()}/stat")

    assert wait_for(lambda: not left.exists() or left.read_text().rpartition(")")[2].split()[0] in "ZX", 3)
