"""How a command that ran out of memory is told from one that fails for reasons of its own."""

import sys
from pathlib import Path

import pytest

from processing.core.ports import Ended, Executor, Finished
from processing.plugins.executors import local
from tests.plugins.test_executors import MB, Run, command


@pytest.fixture
def python(executor: Executor, tmp_path: Path) -> Run:
    """Run a line of Python with limits."""

    def run(line: str, memory: int = 0) -> Finished:
        return executor.run(command(tmp_path, sys.executable, "-c", line, memory=memory))

    return run


# What programs do that are refused memory: the first four say so, the last two do not.
FILL = f"import os, time\nfull = bytearray({200 * MB}); time.sleep(0.2)\n"
WANTING = {
    "Python": f"bytearray({600 * MB})",
    "C": "import os; raise OSError(12, os.strerror(12))",
    "CPL": "import os; os.write(2, b'failed to allocate 12288000 bytes\\naborting...\\n'); os.abort()",
    "C++": "import os; os.write(2, b\"terminate called after throwing an instance of 'std::bad_alloc'\"); os.abort()",
    "an assertion": f"{FILL}os.abort()",
    "a null pointer": f"{FILL}os.kill(os.getpid(), 11)",
}
OTHERWISE = {
    "a crash far from the limit": ("import os; os.abort()", Ended.KILLED),
    "an error near the limit": (f"{FILL}raise SystemExit(1)", Ended.EXITED),
    "a kill near the limit": (f"{FILL}os.kill(os.getpid(), 9)", Ended.KILLED),
    "success after a refusal": ("print('MemoryError: going on with less')", Ended.EXITED),
}


@pytest.mark.parametrize("program", WANTING.values(), ids=list(WANTING))
def test_a_command_that_is_refused_memory_is_told_from_one_that_fails(python, program):
    assert python(program, memory=270 * MB).ended is Ended.OUT_OF_MEMORY


@pytest.mark.parametrize(("program", "ended"), OTHERWISE.values(), ids=list(OTHERWISE))
def test_a_command_that_ends_otherwise_did_not_run_out_of_memory(python, program, ended):
    assert python(program, memory=270 * MB).ended is ended


def test_a_crash_without_a_memory_limit_is_a_crash(python):
    assert python(f"{FILL}os.abort()").ended is Ended.KILLED


@pytest.mark.parametrize("executor", ["local"], indirect=True)
def test_a_command_that_the_system_ended_for_want_of_memory_is_told_from_one_that_was_killed(
    python, monkeypatch, tmp_path
):
    counter = tmp_path / "vmstat"
    counter.write_text("nr_free_pages 7\noom_kill 3\n")
    monkeypatch.setattr(local, "VMSTAT", counter)

    assert python("import os; os.kill(os.getpid(), 9)").ended is Ended.KILLED
    counted = f"import os; open({str(counter)!r}, 'w').write('oom_kill 4\\n'); os.kill(os.getpid(), 9)"
    assert python(counted).ended is Ended.OUT_OF_MEMORY


def test_the_real_counter_of_the_system_is_read():
    assert local.oom_kills() >= 0
    assert "oom_kill " in local.VMSTAT.read_text()
