"""The contract of the port Executor, passed by each of its plug-ins."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from processing.core.errors import HostHalt
from processing.core.ports import Command, Ended, Executor, Finished

MB = 2**20
ATTEMPT = f"attempt-of-test-run-{os.getpid()}"  # of this run alone: executors end whatever has the token
SLEEPER = "import os, signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); {}; time.sleep(60)"
Run = Callable[..., Finished]


def command(folder: Path, *argv: str, seconds: float = 20.0, memory: int = 0) -> Command:
    return Command(argv=argv, cwd=folder, log=folder / "log", seconds=seconds, memory=memory, token=ATTEMPT)


@pytest.fixture
def python(executor: Executor, tmp_path: Path) -> Run:
    """Run a line of Python with limits."""

    def run(line: str, **limits: float) -> Finished:
        return executor.run(command(tmp_path, sys.executable, "-c", line, **limits))  # type: ignore[arg-type]

    return run


@pytest.fixture
def log(tmp_path: Path) -> Callable[[], str]:
    return (tmp_path / "log").read_text


def is_alive(pid: int) -> bool:
    """True unless the process is gone or waits to be reaped."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def wait_for(what: Callable[[], bool], seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while not what() and time.monotonic() < deadline:
        time.sleep(0.02)
    return what()


@pytest.mark.parametrize("code", [0, 1, 13, 255])
def test_the_exit_code_is_the_commands(python, code):
    finished = python(f"raise SystemExit({code})")
    assert (finished.exit_code, finished.ended) == (code, Ended.EXITED)


def test_the_log_holds_both_outputs_in_their_order(python, log):
    python("import os; [os.write(fd, f'{n}\\n'.encode()) for n, fd in enumerate([1, 2, 2, 1, 2])]")
    assert log() == "0\n1\n2\n3\n4\n"


def test_there_is_no_shell_and_nothing_to_read(executor, tmp_path, log):
    executor.run(
        command(tmp_path, sys.executable, "-c", "import sys; print(sys.argv[1:], sys.stdin.read())", "$HOME;ls")
    )
    assert log() == "['$HOME;ls'] \n"


def test_the_environment_is_small_and_names_the_attempt(python, log, monkeypatch, tmp_path):
    monkeypatch.setenv("SECRET_KEY", "do not pass on")
    python("import os; print(*sorted(os.environ)); print(os.environ['PHOENIX_TOKEN'], os.getcwd())")
    names, values = log().splitlines()
    assert {"PATH", "HOME", "TMPDIR", "PHOENIX_TOKEN"} <= set(names.split())
    assert set(names.split()) <= {
        "PATH",
        "HOME",
        "TMPDIR",
        "PHOENIX_TOKEN",
        "LANG",
        "LC_ALL",
        "LC_CTYPE",
        "OMP_NUM_THREADS",
    }
    assert values == f"{ATTEMPT} {tmp_path}"


def test_a_command_that_a_signal_ended_was_killed(python):
    finished = python("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    assert (finished.exit_code, finished.ended) == (-signal.SIGSEGV, Ended.KILLED)


def test_a_command_that_exits_is_told_from_one_that_was_killed(python):
    assert python("raise SystemExit(137)").ended is Ended.EXITED


def test_a_command_at_its_time_limit_is_ended(python):
    finished = python("import time; time.sleep(60)", seconds=0.3)
    assert finished.ended is Ended.TIMED_OUT
    assert 0.3 <= finished.seconds < 3


def test_at_the_time_limit_its_children_end_too_whatever_they_ignore(python, log):
    child = SLEEPER.format("print(os.getpid(), flush=True)")
    finished = python(f"import os, time; os.fork() == 0 and exec({child!r}); time.sleep(60)", seconds=1.0)
    assert finished.ended is Ended.TIMED_OUT
    assert wait_for(lambda: not is_alive(int(log())))


def test_children_left_behind_by_a_command_that_succeeded_end_with_it(python, log):
    child = SLEEPER.format("print(os.getpid(), flush=True)")
    finished = python(f"import os, time; os.fork() == 0 and exec({child!r}); time.sleep(0.5)")
    assert finished.exit_code == 0
    assert wait_for(lambda: not is_alive(int(log())))


def test_a_child_in_a_session_of_its_own_does_not_survive_either(python, log):
    child = SLEEPER.format("os.setsid(); print(os.getpid(), flush=True)")
    python(f"import os, time; os.fork() == 0 and exec({child!r}); time.sleep(60)", seconds=1.0)
    pid = int(log())
    survived = not wait_for(lambda: not is_alive(pid), 1.0)
    if survived:
        os.kill(pid, signal.SIGKILL)
    assert not survived


def test_a_command_cannot_outgrow_its_memory(python, log):
    finished = python(f"bytearray({600 * MB})", memory=300 * MB)
    assert (finished.exit_code, finished.ended) == (1, Ended.OUT_OF_MEMORY)
    assert "MemoryError" in log()


def test_without_a_memory_limit_there_is_none(python):
    assert python(f"bytearray({600 * MB})").exit_code == 0


def test_the_time_used_is_that_of_the_command_and_its_children(python):
    burn = "import os, time\nos.fork()\nwhile time.process_time() < 0.3: pass\ntry: os.wait()\nexcept OSError: pass"
    finished = python(burn)
    assert 0.6 <= finished.cpu_seconds < 1.5
    assert finished.cpu_seconds <= 2 * finished.seconds + 0.1


def test_the_memory_used_is_that_of_the_largest_process(python):
    used = python(f"x = b'x' * {200 * MB}; import time; time.sleep(0.5)").memory
    assert 200 * MB <= used < 260 * MB


def test_the_memory_of_a_small_command_is_small_however_large_its_caller(python):
    ballast = bytearray(b"x") * (200 * MB)
    used = python("import time; time.sleep(0.5)").memory
    assert len(ballast) == 200 * MB
    assert MB < used < 100 * MB


def test_a_program_that_is_not_there_fails_and_says_so(executor, tmp_path, log):
    finished = executor.run(command(tmp_path, "no-such-program", memory=300 * MB))
    assert finished.exit_code != 0
    assert "no-such-program" in log()


# A grandchild that daemonised, in a session of its own and without its parent, deaf to every signal but one.
DAEMON = """
import os, signal, time
for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
    signal.signal(number, signal.SIG_IGN)
os.write(1, b"%d\\n" % os.getpid())
if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
    os.write(1, b"%d\\n" % os.getpid())
time.sleep(60)
"""


def pids(folder: Path) -> list[int]:
    """What the daemon's family has written so far, whole lines only; Slurm has a word in the same log at its end."""
    log = folder / "log"
    return [int(line) for line in re.findall(r"^(\d+)\n", log.read_text(), re.MULTILINE)] if log.exists() else []


@pytest.fixture
def family(executor, tmp_path):
    """A command at work in another thread, whose grandchild has left its session."""
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(executor.run, command(tmp_path, sys.executable, "-c", DAEMON))
        assert wait_for(lambda: len(pids(tmp_path)) == 2)
        yield future
        executor.cancel(ATTEMPT)


def test_a_command_is_ended_from_another_thread_with_all_its_family(executor, tmp_path, family: Future[Finished]):
    executor.cancel(ATTEMPT)

    assert family.result(2).ended is Ended.KILLED
    assert wait_for(lambda: not any(map(is_alive, pids(tmp_path))), 0.5)


def test_a_command_that_was_ended_before_it_began_is_ended_at_once(executor, tmp_path):
    executor.cancel(ATTEMPT)
    asked = time.monotonic()

    assert executor.run(command(tmp_path, "sleep", "20")).ended is Ended.KILLED
    assert time.monotonic() - asked < 10


def test_to_end_a_command_that_is_not_running_does_nothing(executor, tmp_path, family):
    executor.cancel("another attempt")
    executor.cancel("")

    assert not family.done()
    assert all(map(is_alive, pids(tmp_path)))


def test_strays_of_an_attempt_that_is_over_are_ended_and_named(executor, tmp_path, family):
    def over(tokens: set[str]) -> set[str]:
        assert tokens == {ATTEMPT}
        return tokens

    assert set(executor.strays(tmp_path.parent, over)) == {ATTEMPT}
    assert wait_for(lambda: not any(map(is_alive, pids(tmp_path))))


def test_a_process_of_an_attempt_that_goes_on_or_of_another_site_is_no_stray(executor, tmp_path, family):
    assert [*executor.strays(tmp_path.parent, lambda tokens: set())] == []
    assert [*executor.strays(tmp_path / "elsewhere", lambda tokens: tokens)] == []
    assert [*executor.strays(Path(str(tmp_path)[:-1]), lambda tokens: tokens)] == []
    assert all(map(is_alive, pids(tmp_path)))


def test_a_command_whose_program_is_not_here_cannot_be_started_on_this_host(executor, tmp_path):
    executor.ready(sys.executable)
    with pytest.raises(HostHalt, match="no-such-program is not installed on "):
        executor.ready("no-such-program")


CALLER = """
import sys
from pathlib import Path
from processing.core.ports import Command
from {module} import {plugin}
folder = Path(sys.argv[1])
argv = (sys.executable, "-c", sys.argv[2])
{plugin}().run(Command(argv=argv, cwd=folder, log=folder / "log", seconds=60, memory=0, token=sys.argv[3]))
"""


def test_a_command_and_its_family_die_within_two_seconds_of_a_caller_that_is_killed(executor, tmp_path):
    plugin = type(executor)
    text = CALLER.format(module=plugin.__module__, plugin=plugin.__name__)
    token = f"{ATTEMPT}-killed"  # what ends its family does so for a moment longer than this test
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen([sys.executable, "-c", text, str(tmp_path), DAEMON, token], env=environment) as caller:
        assert wait_for(lambda: len(pids(tmp_path)) == 2)
        assert all(map(is_alive, pids(tmp_path)))
        caller.kill()
    survived = not wait_for(lambda: not any(map(is_alive, pids(tmp_path))), 2.0)
    for pid in filter(is_alive, pids(tmp_path)):
        os.kill(pid, signal.SIGKILL)
    assert not survived
