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
from processing.management.supervisor import members, session_file
from processing.models import Job
from tests import testcam
from tests.processing.conftest import state
from tests.processing.test_cluster import wait_until_finished

# On PostgreSQL only: these take a minute, and once is enough.
pytestmark = [pytest.mark.cluster, pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@contextlib.contextmanager
def supervisor(environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """`phoenix worker` on the test's database, once its cluster is up; stopped gently, with nothing left of it."""
    before = session_file("here").read_text() if session_file("here").exists() else ""
    command = [
        sys.executable,
        "manage.py",
        "phoenix",
        "worker",
        "--patience",
        "4",
        "--grace",
        "10",
        "--name",
        "here",
        "--every",
        "1",
    ]
    process = subprocess.Popen(command, env={**environment, "DJANGO_SETTINGS_MODULE": "tests.settings"})
    session = session_other_than(before)
    try:
        yield process
        session = session_of() or session
    finally:
        process.terminate()
        process.wait(timeout=40)
        assert [*members(session)] == []


def session_other_than(before: str) -> int:
    """The session of a new cluster, once it is written down."""
    end = time.monotonic() + 20
    while not session_file("here").exists() or session_file("here").read_text() == before:
        assert time.monotonic() < end
        time.sleep(0.1)
    return session_of()


def session_of() -> int:
    """The session of the present cluster; 0 if there is none."""
    return int(session_file("here").read_text().split()[0]) if session_file("here").exists() else 0


def up(session: int) -> list[psutil.Process]:
    """The cluster's processes in the order of their start (main, sentinel, workers, monitor, pusher), all there."""
    end = time.monotonic() + 30
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


@pytest.mark.parametrize("victims", [main, sentinel, everybody, all_but_the_first_two])
def test_a_night_ends_whoever_of_the_cluster_is_killed(
    child_environment, add, victims: Callable[[list[psutil.Process]], list[psutil.Process]]
):
    jobs = [add(number, sleep=0.5) for number in range(4)]
    with supervisor(child_environment):
        processes = up(session_of())
        while not testcam.starts():
            time.sleep(0.05)
        for process in victims(processes):
            process.send_signal(signal.SIGKILL)
        wait_until_finished(90)

    ends = {state(job)[0] for job in jobs}
    assert ends <= {JobState.INGESTED, JobState.LOST}
    assert JobState.INGESTED in ends
    assert len(testcam.starts()) == len(set(testcam.starts()))


def test_a_sigterm_starts_nothing_new_and_lets_the_running_job_end(child_environment, add):
    jobs = [add(number, sleep=2) for number in range(6)]
    with supervisor(child_environment) as worker:
        while len(testcam.starts()) < settings.WORKERS:
            time.sleep(0.05)
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
