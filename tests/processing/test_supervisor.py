"""A host's supervisor: whatever dies or hangs of its cluster, the night goes on."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import psutil
import pytest
from django.conf import settings

from processing.core.states import JobState
from processing.management.session import members, session_file
from processing.management.supervisor import TWICE
from processing.models import Job
from processing.plugins.guard import attempts
from tests import testcam
from tests.processing.conftest import state
from tests.processing.test_cluster import wait_until_finished

# On PostgreSQL only: these take two minutes, and once is enough.
pytestmark = [pytest.mark.cluster, pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@contextlib.contextmanager
def supervisor(environment: dict[str, str], *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """`phoenix worker` on the test's database, once its cluster is up; stopped gently, with nothing left of it."""
    before = session_of()
    settings = ("--name", "here", "--patience", "4", "--grace", "10", "--every", "1", *options)
    command = [sys.executable, "manage.py", "phoenix", "worker", *settings]
    # As few processes as there are seats: which of them is idle, and what its death means, is then sure.
    own = {"DJANGO_SETTINGS_MODULE": "tests.settings", "PHOENIX_AHEAD": "0"}
    process = subprocess.Popen(command, env={**environment, **own})
    session = session_other_than(before)
    try:
        yield process
        session = session_of() or session
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(timeout=40)
        assert [*members(session)] == []


def session_other_than(before: int) -> int:
    """The session of a new cluster, once it is written down."""
    end = time.monotonic() + 30
    while (found := session_of()) in {0, before}:
        assert time.monotonic() < end
        time.sleep(0.1)
    return found


def session_of() -> int:
    """The session of the present cluster; 0 if there is none."""
    text = session_file("here").read_text() if session_file("here").exists() else ""
    return int(text.split()[0]) if text else 0


def up(session: int) -> list[psutil.Process]:
    """The cluster's processes in the order of their start (main, sentinel, workers, monitor, pusher), all there."""
    end = time.monotonic() + 60
    while len(found := [*members(session)]) < 6:
        assert time.monotonic() < end, found
        time.sleep(0.1)
    return sorted(found, key=lambda process: (process.create_time(), process.pid))


def main(processes: list[psutil.Process]) -> list[psutil.Process]:
    return processes[:1]


def sentinel(processes: list[psutil.Process]) -> list[psutil.Process]:
    return processes[1:2]


def everybody(processes: list[psutil.Process]) -> list[psutil.Process]:
    return processes


def all_but_the_first_two(processes: list[psutil.Process]) -> list[psutil.Process]:
    return processes[2:]


def wait_for_starts(number: int) -> None:
    end = time.monotonic() + 60
    while len(testcam.starts()) < number:
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.parametrize("victims", [main, sentinel, everybody, all_but_the_first_two])
def test_a_night_ends_whoever_of_the_cluster_is_killed(
    child_environment, add, victims: Callable[[list[psutil.Process]], list[psutil.Process]]
):
    jobs = [add(number, sleep=0.5) for number in range(4)]
    with supervisor(child_environment):
        processes = up(session_of())
        wait_for_starts(1)
        for process in victims(processes):
            process.send_signal(signal.SIGKILL)
        wait_until_finished(90)

    ends = {state(job)[0] for job in jobs}
    # Without its main process or its sentinel, a cluster's workers live: what runs may end.
    assert ends <= ({JobState.INGESTED} if victims in {main, sentinel} else {JobState.INGESTED, JobState.LOST})
    assert JobState.INGESTED in ends
    assert len(testcam.starts()) == len(set(testcam.starts()))


def test_a_cluster_that_hangs_is_restarted_when_the_job_that_runs_has_ended(child_environment, add):
    """The one idle worker waits for the next message with the queue's lock: killed, it leaves nobody who can read."""
    first = add(1, sleep=10)
    with supervisor(child_environment):
        hung = session_of()
        wait_for_starts(1)
        idle(hung).kill()
        second = add(2)
        wait_until_finished(60)
        restarted = session_of()

    assert restarted != hung
    assert [state(first)[0], state(second)[0]] == [JobState.INGESTED] * 2


def idle(session: int) -> psutil.Process:
    """The one worker that is idle, once it has been so for some time."""
    end, since = time.monotonic() + 30, time.monotonic()
    found: list[psutil.Process] = []
    while len(found) != 1 or time.monotonic() - since < 1:
        assert time.monotonic() < end
        now = [process for process in members(session) if process.cmdline()[0].endswith(" idle")]
        since = since if now == found else time.monotonic()
        found = now
        time.sleep(0.1)
    return found[0]


def test_a_sigterm_starts_nothing_new_and_lets_the_running_job_end(child_environment, add):
    jobs = [add(number, sleep=2) for number in range(6)]
    with supervisor(child_environment) as worker:
        wait_for_starts(settings.WORKERS)
        worker.send_signal(signal.SIGTERM)
        worker.wait(timeout=30)

    states = [state(job)[0] for job in jobs]
    assert states.count(JobState.WAITING) == len(jobs) - settings.WORKERS
    assert Job.objects.filter(state=JobState.RUNNING).count() == 0
    assert len(testcam.starts()) == settings.WORKERS


def test_a_supervisor_that_was_killed_leaves_its_cluster_to_its_successor(child_environment, add):
    job = add()
    with supervisor(child_environment) as first:
        old = session_of()
        up(old)
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
        with supervisor(child_environment):
            wait_until_finished(60)
            assert [*members(old)] == []

    assert state(job)[0] == JobState.INGESTED


def test_at_the_second_sigterm_running_jobs_are_ended_at_once(child_environment, add):
    job = add(sleep=60)
    with supervisor(child_environment, "--grace", "60") as worker:
        wait_for_starts(1)
        worker.send_signal(signal.SIGTERM)
        time.sleep(TWICE + 0.2)
        assert worker.poll() is None
        worker.send_signal(signal.SIGTERM)
        sent = time.monotonic()
        worker.wait(timeout=30)

    assert time.monotonic() - sent < 5
    assert state(job)[0] == JobState.LOST
    assert not [home for _, _, home in attempts() if home.startswith(str(settings.PHOENIX["WORK_DIR"]))]


def test_a_cluster_that_hangs_does_not_keep_a_stop_from_its_end(child_environment):
    """All got a SIGTERM: the main process waits for ever for a sentinel that is dead."""
    with supervisor(child_environment, "--grace", "100") as worker:
        for process in up(session_of()):
            process.terminate()
        worker.terminate()
        assert worker.wait(timeout=30) == 0
