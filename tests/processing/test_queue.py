"""What waits in the queue: little enough that every stage gets its turn, and what is due once, once."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import Error, connection, transaction
from django.dispatch import receiver
from django.utils import timezone
from django_q.models import OrmQ, Schedule
from django_q.scheduler import scheduler
from django_q.signals import pre_enqueue

from processing.core.states import JobState
from processing.models import Job
from processing.workflow.install import install
from processing.workflow.prepare import prepare
from processing.workflow.shift import shift
from processing.workflow.sweep import sweep
from processing.workflow.wake import Stage, wake
from tests.processing.conftest import run_night, state

SWEEP = "processing.tasks.sweep"


def queued() -> list[str]:
    return [message.func() for message in OrmQ.objects.all()]


def at_once(call: Callable[[], object], times: int) -> None:
    """The call in several threads, let go together, each with a connection of its own as a process has."""
    gate = threading.Barrier(times)

    def one() -> None:
        try:
            connection.ensure_connection()
            gate.wait(30)
            call()
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        for done in [pool.submit(one) for _ in range(times)]:
            done.result()


def test_a_night_of_many_abs_does_not_fill_the_queue(add):
    for number in range(10):
        add(number)
    OrmQ.objects.all().delete()
    prepare()

    assert queued() == [Stage.PROCESS] * settings.WORKERS * 2


def test_a_date_is_prepared_though_many_jobs_of_another_are_queued(add):
    add()
    OrmQ.objects.all().delete()
    wake(Stage.PROCESS, 50)
    sweep()

    assert Stage.PREPARE in queued()


@pytest.fixture
def broken():
    """The server cuts the connection at the next message of INGEST, or after a job; a list that has it then."""
    messages: list[dict[str, object]] = []

    @receiver(pre_enqueue)
    def cut(task: dict[str, object], **_signal: object) -> None:
        done = task["func"] == Stage.PROCESS and Job.objects.filter(processed__isnull=False).exists()
        if (done or task["func"] == Stage.INGEST) and not messages:
            messages.append(task)
            connection.cursor().execute("SELECT pg_terminate_backend(pg_backend_pid())")

    yield messages
    pre_enqueue.disconnect(cut)


@pytest.mark.postgres  # SQLite has no connection that could break
@pytest.mark.django_db(transaction=True)
def test_a_connection_that_breaks_at_a_wake_up_costs_the_processed_job_nothing(add, broken, caplog, monkeypatch):
    monkeypatch.setattr("processing.workflow.shift.SHIFT", 0.0)  # seconds: a message follows each job
    job = add()
    prepare()
    shift()
    run_night()

    assert broken
    assert state(job) == (JobState.INGESTED, "")
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_after_a_wake_up_at_which_the_connection_broke_the_next_query_succeeds(broken):
    wake(Stage.INGEST)

    assert broken
    assert queued() == []


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_connection_that_breaks_at_a_wake_up_in_a_transaction_spoils_all_of_it(broken):
    def transact() -> None:
        with transaction.atomic():
            wake(Stage.INGEST)

    with pytest.raises(Error):
        transact()

    assert queued() == []


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_schedule_that_is_due_fires_once_though_several_clusters_look_at_once():
    for _ in range(10):
        OrmQ.objects.all().delete()
        Schedule.objects.update(next_run=timezone.now() - timedelta(seconds=1))
        at_once(scheduler, 4)

        assert queued() == [SWEEP]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_installations_that_race_make_one_schedule_of_the_sweep():
    for _ in range(10):
        Schedule.objects.all().delete()
        at_once(install, 4)

        assert Schedule.objects.filter(func=SWEEP).count() == 1


@pytest.mark.django_db
def test_a_second_sweep_of_an_older_installation_goes():
    (kept,) = Schedule.objects.all()
    Schedule.objects.create(name="sweep", func=SWEEP, schedule_type=Schedule.MINUTES)
    install()

    assert [*Schedule.objects.all()] == [kept]
