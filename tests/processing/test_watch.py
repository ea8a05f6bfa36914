"""What a supervisor judges by: names, messages taken, and who is at work."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from processing.management.arguments import add_verbs
from processing.management.pulse import Pulse, new
from processing.management.session import Session, busy, full_name, mark, one_of_a_name, session_file
from processing.management.supervisor import RESTS, SIGN_OF_LIFE, TWICE, Supervisor
from processing.models import Event, Worker

SLEEPER = "import sys; from processing.management.pulse import Pulse; {}; print(flush=True); sys.stdin.read()"


@contextlib.contextmanager
def process(pulse: Pulse, says: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process in a session of its own that has the memory, once it has said something."""
    script = SLEEPER.format(says.format(number=pulse.number))
    running = subprocess.Popen(
        [sys.executable, "-c", script, "qcluster"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
        pass_fds=(pulse.number,),
    )
    with running:
        try:
            assert running.stdout is not None
            assert running.stdout.readline()
            yield running
        finally:
            running.kill()


@pytest.fixture
def pulse() -> Iterator[Pulse]:
    memory = new("phoenix-test")
    yield memory
    os.close(memory.number)


WORKS = "Pulse({number}).work()"
RESTED = "Pulse({number}).work(); Pulse({number}).rest()"


def test_a_worker_is_busy_from_its_message_on_until_it_rests(pulse):
    with process(pulse, WORKS) as working, process(pulse, RESTED) as resting:
        assert (busy(pulse, working.pid), busy(pulse, resting.pid)) == (1, 0)


def test_a_worker_that_is_dead_or_suspended_is_not_busy(pulse):
    with process(pulse, WORKS) as suspended, process(pulse, WORKS) as dead:
        suspended.send_signal(signal.SIGSTOP)
        dead.kill()
        dead.wait()
        os.waitpid(suspended.pid, os.WUNTRACED)
        assert (busy(pulse, suspended.pid), busy(pulse, dead.pid)) == (0, 0)


def test_a_message_taken_changes_the_pulse_and_one_ended_does_not(pulse):
    assert pulse.moved() == 0
    pulse.work()
    taken = pulse.moved()
    pulse.rest()

    assert pulse.moved() == taken > 0


class Still(Session):
    """A cluster in which nothing happens but what a test says."""

    def __init__(self, pulse: Pulse) -> None:
        self.pulse = pulse
        self.at_work = 0

    @property
    def gone(self) -> bool:
        return True

    def busy(self) -> int:
        return self.at_work

    def terminate(self) -> None:
        """There is nobody to ask."""

    def kill(self) -> None:
        """There is nothing to end."""


@pytest.fixture
def watching(pulse, settings, tmp_path, monkeypatch) -> Supervisor:
    settings.WORKERS = 2
    settings.PHOENIX = {**settings.PHOENIX, "WORK_DIR": tmp_path}
    watcher = Supervisor(name="here", every=5, grace=60, patience=20, terminate=False)
    # Messages go out in a thread, which would ask the database when the test has ended.
    monkeypatch.setattr(watcher.courier, "go", lambda: None)
    watcher.session = Still(pulse)
    pulse.born()
    watcher.moved = pulse.moved()
    return watcher


def looks(watching: Supervisor, number: int, **found: int) -> bool:
    return [watching.hangs(found) for _ in range(number)][-1]


def test_a_cluster_hangs_if_it_takes_no_message_whatever_others_do(watching, db):
    assert not looks(watching, 3, process=1)
    Event.objects.create(subject="job", subject_id=1, name="of another cluster", old="WAITING", new="RUNNING")
    assert looks(watching, 1, process=1)


def test_a_cluster_that_takes_messages_or_has_no_free_worker_or_no_work_does_not_hang(watching):
    assert not looks(watching, 9)
    watching.session.at_work = 2
    assert not looks(watching, 9, process=1)
    watching.session.at_work = 1
    assert not looks(watching, 3, process=1)
    watching.session.pulse.work()
    assert not looks(watching, 3, process=1)


def test_a_cluster_that_is_slow_to_start_gets_more_time_than_one_that_is_up(watching):
    started = new("phoenix-test")
    watching.session, watching.moved = Still(started), 0.0

    assert not looks(watching, 11, process=1)
    assert looks(watching, 1, process=1)
    os.close(started.number)


def test_a_supervisor_suspended_for_an_hour_does_not_hold_that_against_its_cluster(watching, monkeypatch):
    assert not looks(watching, 1, process=1)
    monkeypatch.setattr("time.monotonic", lambda: 1e9)
    assert not looks(watching, 1, process=1)


def test_signs_of_life_are_given_now_and_then_and_not_at_each_look(watching, db, monkeypatch):
    watching.due()
    first = Worker.objects.all().alive().get(name=full_name("here")).seen
    watching.due()
    assert Worker.objects.get().seen == first
    now = time.monotonic()
    monkeypatch.setattr("time.monotonic", lambda: now + SIGN_OF_LIFE)
    watching.due()
    assert Worker.objects.get().seen > first


def test_most_looks_at_an_idle_cluster_do_not_trouble_the_database(watching, db, django_assert_num_queries):
    watching.due()
    with django_assert_num_queries(0):
        for _ in range(RESTS):
            watching.due()
    with django_assert_num_queries(1):
        watching.due()


def test_a_look_at_a_cluster_that_works_sweeps(watching, add):
    watching.due()
    add()
    assert watching.due() == {}
    watching.session.at_work = 1
    assert watching.due()["prepare"] == 1


def test_a_supervisor_that_is_stopped_is_not_alive_from_that_moment_on(watching, db):
    watching.due()
    watching.end()

    assert not Worker.objects.exists()


def test_a_second_signal_ends_running_jobs_unless_it_is_an_echo_of_the_first(watching):
    watching.stop(signal.SIGINT, None)
    watching.stop(signal.SIGTERM, None)
    assert not watching.terminate
    time.sleep(TWICE)
    watching.stop(signal.SIGTERM, None)
    assert watching.terminate


def test_running_jobs_get_the_grace_time_and_none_if_they_are_to_be_terminated(watching, db):
    watching.session.at_work, watching.grace = 1, 1.5
    begun = time.monotonic()
    watching.end()
    assert time.monotonic() - begun >= 1.5
    watching.terminate, watching.grace = True, 100
    begun = time.monotonic()
    watching.end()
    assert time.monotonic() - begun < 5


def test_by_default_a_stop_waits_an_hour_for_running_jobs():
    parser = ArgumentParser()
    add_verbs(parser)
    default, told = (parser.parse_args(["worker", *options]) for options in ((), ("--terminate",)))

    assert (default.grace, default.terminate, told.terminate) == (3600, False, True)


def test_supervisors_of_one_host_have_names_of_their_own_and_so_have_hosts(monkeypatch):
    names = {full_name(name) for name in ("here", "there")}
    files = {session_file(name) for name in ("here", "there")}
    monkeypatch.setattr("socket.gethostname", lambda: "elsewhere")

    assert len(names | {full_name("here"), full_name("elsewhere")}) == 4
    assert len(files | {session_file("here"), session_file("elsewhere")}) == 4


def test_a_second_supervisor_of_a_name_is_refused_and_the_first_keeps_its_cluster(db):
    file = session_file("here")
    with one_of_a_name(file), process(memory := remembered(file), RESTED) as cluster:
        with pytest.raises(CommandError, match="a worker of that name runs on this host") as refused:
            call_command("phoenix", "worker", "--name", "here")
        assert cluster.poll() is None

    os.close(memory.number)
    assert refused.value.returncode == 1


def test_a_dead_supervisors_cluster_is_ended_and_who_got_its_process_id_is_left_alone(pulse):
    file = session_file("here")
    memory = remembered(file)
    with process(pulse, RESTED) as bystander, process(memory, RESTED) as left:
        os.close(memory.number)
        file.write_text(str(bystander.pid))
        with one_of_a_name(file):
            assert left.wait(timeout=5) == -signal.SIGKILL
        assert bystander.poll() is None


def remembered(file: Path) -> Pulse:
    """The memory that a supervisor shares with its cluster."""
    file.parent.mkdir(parents=True, exist_ok=True)
    return new(mark(file))
