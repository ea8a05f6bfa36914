"""Leases: what a dead worker leaves is found, ended or given back, and tidied away."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from datetime import timedelta

import psutil
import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.db.models.signals import post_init
from django.utils import timezone

from processing.core.states import DateState, JobState, Reason
from processing.models import Event, Job, ProcessingDate
from processing.models.leases import EXPIRED, UNLEASED
from processing.workflow import gate
from processing.workflow.prepare import prepare, take
from processing.workflow.process import process
from processing.workflow.reap import alive_here, reap
from processing.workflow.worker import owner
from tests import testcam
from tests.processing.conftest import run_night, state

PAST = timedelta(seconds=-1)


def claimed(add, *, started: bool = True, by: str = "") -> Job:
    """A RUNNING job of a worker."""
    add()
    prepare()
    job = Job.objects.claim(by or owner(), gate.ready())
    assert job
    if started:
        assert job.start()
    return job


def expire() -> None:
    Job.objects.update(lease=timezone.now() + PAST)


def ended_worker() -> str:
    """The owner name of a process of this host that has ended."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    name = owner().split(":")
    process = psutil.Process(child.pid)
    gone = f"{name[0]}:{name[1]}:{child.pid}:{process.create_time():.2f}"
    child.communicate()
    return gone


def test_a_job_whose_lease_has_passed_is_lost(add):
    job = claimed(add)
    expire()
    reap()

    assert state(job) == (JobState.LOST, Reason.WORKER_LOST)


def test_a_job_whose_lease_holds_is_left_alone(add):
    job = claimed(add)

    assert reap() == 0
    assert state(job)[0] == JobState.RUNNING


def test_a_job_whose_worker_has_ended_is_lost_before_its_lease_has_passed(add):
    job = claimed(add, by=ended_worker())
    reap()

    assert state(job) == (JobState.LOST, Reason.WORKER_LOST)


def test_a_job_of_another_host_is_believed_until_its_lease_has_passed(add):
    job = claimed(add, by="elsewhere:0:1:1.00")

    assert reap() == 0
    expire()
    assert reap() == 1
    assert state(job)[0] == JobState.LOST


def test_a_claim_whose_process_was_never_started_is_given_back(add):
    job = claimed(add, started=False)
    expire()
    reap()

    assert state(job) == (JobState.WAITING, "")
    run_night()
    assert state(job)[0] == JobState.INGESTED


def test_a_worker_that_was_taken_for_dead_can_start_nothing_any_more(add):
    job = claimed(add, started=False)
    expire()
    reap()

    assert not job.start()


def test_reaping_twice_is_reaping_once(add):
    job = claimed(add)
    expire()
    reap()
    reap()

    assert Event.objects.filter(subject="job", subject_id=job.pk, new=JobState.LOST).count() == 1


def test_a_renewed_lease_holds_on(add):
    job = claimed(add)
    expire()

    assert job.renew(token=job.token, state=JobState.RUNNING)
    assert reap() == 0


def test_a_lease_is_over_when_it_has_passed_and_none_is_no_lease(add):
    job = claimed(add)
    rows = Job.objects.filter(pk=job.pk)
    assert not rows.filter(EXPIRED | UNLEASED).exists()
    expire()
    assert rows.filter(EXPIRED).exists()
    rows.update(lease=None)
    assert (rows.filter(EXPIRED).exists(), rows.filter(UNLEASED).exists()) == (False, True)


def test_a_lease_that_was_taken_away_cannot_be_renewed(add):
    job = claimed(add)
    expire()
    reap()

    assert not job.renew(token=job.token, state=JobState.RUNNING)


def test_a_date_whose_worker_died_while_preparing_is_prepared_again(add):
    job = add()
    take(ProcessingDate.objects.get())
    ProcessingDate.objects.update(lease=timezone.now() + PAST)
    reap()
    run_night()

    assert state(job)[0] == JobState.INGESTED


def test_a_date_whose_lease_is_renewed_at_the_last_moment_is_not_taken_away(add):
    def renew(**_: object) -> None:
        ProcessingDate.objects.update(lease=timezone.now() - PAST)

    add()
    take(ProcessingDate.objects.get())
    ProcessingDate.objects.update(lease=timezone.now() + PAST)
    post_init.connect(renew, sender=ProcessingDate)
    try:
        assert reap() == 0
    finally:
        post_init.disconnect(renew, sender=ProcessingDate)


def test_scratch_directories_of_attempts_that_are_over_go_and_others_stay(add):
    job = claimed(add)
    root = settings.PHOENIX["WORK_DIR"] / "scratch"
    for token in (job.token, uuid.uuid4()):
        (root / str(token)).mkdir(parents=True)
    reap()

    assert [folder.name for folder in root.iterdir()] == [str(job.token)]


@contextlib.contextmanager
def sleeper(token: object, home: object) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(["sleep", "60"], env={"PHOENIX_TOKEN": str(token), "HOME": str(home)})
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_a_stray_process_of_an_attempt_that_is_over_is_ended(archive, db):
    token = uuid.uuid4()
    with sleeper(token, settings.PHOENIX["WORK_DIR"] / "scratch" / str(token)) as stray:
        reap()
        assert stray.wait(timeout=5) == -signal.SIGKILL


def test_a_process_of_a_running_attempt_or_of_another_site_is_left_alone(add):
    job = claimed(add)
    root = settings.PHOENIX["WORK_DIR"] / "scratch"
    with sleeper(job.token, root / str(job.token)) as ours, sleeper(uuid.uuid4(), "/elsewhere/scratch/x") as theirs:
        reap()
        time.sleep(0.2)
        assert (ours.poll(), theirs.poll()) == (None, None)


def test_an_owner_is_alive_until_its_process_ends_and_a_recycled_pid_is_another(db):
    host, boot, pid, started = owner().split(":")

    assert alive_here(owner()) is True
    assert alive_here(f"{host}:{boot}:{pid}:{float(started) - 100:.2f}") is False
    assert alive_here(f"{host}:other:{pid}:{started}") is False
    assert alive_here(f"elsewhere:{boot}:{pid}:{started}") is None


@pytest.mark.django_db(transaction=True)
def test_a_job_taken_away_while_its_recipe_runs_loses_its_process(add, settings):
    settings.PHOENIX = {**settings.PHOENIX, "BEAT": 0.05}
    job = add(sleep=30)
    prepare()
    thief = threading.Thread(target=steal)
    thief.start()
    begun = time.monotonic()
    process()
    thief.join()

    assert time.monotonic() - begun < 10
    assert state(job) == (JobState.LOST, Reason.WORKER_LOST)


@pytest.mark.django_db(transaction=True)
def test_a_recipe_that_was_ended_because_the_database_was_away_is_lost_and_no_failure(add, settings, monkeypatch):
    settings.PHOENIX = {**settings.PHOENIX, "BEAT": 0.05, "LEASE": 0.5}
    job = add(sleep=30)
    prepare()

    def away(_job: Job) -> bool:
        raise OperationalError

    monkeypatch.setattr("processing.workflow.process.beat", away)
    process()

    assert state(job) == (JobState.LOST, Reason.WORKER_LOST)


def steal() -> None:
    """Wait for the recipe, and take the job for lost."""
    while not testcam.starts():
        time.sleep(0.05)
    job = Job.objects.get(state=JobState.RUNNING)
    job.end(JobState.LOST, Reason.WORKER_LOST, "taken")
    connection.close()


@pytest.mark.cluster
@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_mid_recipe_takes_the_recipe_along_and_its_job_is_lost(child_environment, add):
    lost, next_one = add(1, sleep=60), add(2)
    prepare()
    Job.objects.filter(pk=lost.pk).update(priority=1)
    script = "import django; django.setup(); from processing.workflow.process import process; process()"
    environment = child_environment | {"DJANGO_SETTINGS_MODULE": "tests.settings"}
    worker = subprocess.Popen([sys.executable, "-c", script], env=environment)
    while not testcam.starts():
        time.sleep(0.05)
    token = str(Job.objects.get(pk=lost.pk).token)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    time.sleep(2)

    assert not [p for p in psutil.process_iter(["environ"]) if (p.info["environ"] or {}).get("PHOENIX_TOKEN") == token]
    reap()
    run_night()
    assert [state(lost)[0], state(next_one)[0]] == [JobState.LOST, JobState.INGESTED]
    assert ProcessingDate.objects.get().state == DateState.FINISHED


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_database_that_cuts_every_connection_costs_no_job(add):
    job = add(sleep=1)
    prepare()
    cutter = threading.Thread(target=cut)
    cutter.start()
    process()
    cutter.join()
    run_night()

    assert state(job) == (JobState.INGESTED, "")
    assert len(testcam.starts()) == 1


def cut() -> None:
    """While the recipe runs, end every other connection."""
    while not testcam.starts():
        time.sleep(0.05)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )
    connection.close()
