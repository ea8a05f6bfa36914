"""What the queue's messages do."""

import pytest
from django_q.models import OrmQ

from processing import tasks
from processing.core.states import JobState
from processing.models import Job
from processing.workflow import process
from processing.workflow.heartbeat import Heartbeat
from processing.workflow.ingest import ingest
from processing.workflow.shift import SHORT, Gathered
from processing.workflow.wake import Stage
from tests.processing.conftest import state


def test_every_stage_names_a_task_that_is_there():
    for stage in Stage:
        assert callable(getattr(tasks, stage.value.removeprefix("processing.tasks.")))


def test_the_tasks_in_turn_bring_an_ab_to_its_end(add):
    job = add()

    assert [tasks.prepare(), tasks.process(), tasks.finish()] == [True, True, True]
    assert state(job)[0] == JobState.INGESTED


@pytest.mark.parametrize("task", [tasks.prepare, tasks.process, tasks.ingest, tasks.finish])
def test_a_message_too_many_does_nothing(db, archive, task):
    assert not task()


def test_one_message_is_enough_for_many_short_jobs(add):
    jobs = [add(number) for number in (1, 2)]
    tasks.prepare()
    OrmQ.objects.all().delete()
    tasks.process()

    assert [state(job)[0] for job in jobs] == [JobState.INGESTED] * 2
    assert OrmQ.objects.count() == 1  # what finishes the date


def test_products_do_not_queue_behind_the_jobs_that_still_wait(add, monkeypatch):
    monkeypatch.setattr("processing.workflow.shift.SHIFT", 0.0)
    jobs = [add(number) for number in (1, 2)]
    tasks.prepare()
    tasks.process()

    assert sorted(state(job)[0] for job in jobs) == [JobState.INGESTED, JobState.WAITING]


def test_short_jobs_of_which_products_gather_leave_none_behind(add, monkeypatch):
    monkeypatch.setattr("processing.workflow.shift.GATHER", 3600.0)
    taken = []

    def counted() -> int:
        taken.append(ingest())
        return taken[-1]

    monkeypatch.setattr("processing.workflow.shift.ingest", counted)
    jobs = [add(number) for number in range(10)]
    tasks.prepare()
    Job.objects.update(late_seconds=SHORT)
    tasks.process()

    assert [state(job)[0] for job in jobs] == [JobState.INGESTED] * 10
    assert taken == [8, 2]


@pytest.mark.parametrize(("late", "then"), [(SHORT, JobState.PROCESSED), (SHORT + 1, JobState.INGESTED)])
def test_a_product_waits_for_the_recipe_of_another_job_only_if_that_is_short(add, monkeypatch, late, then):
    first, second = add(1), add(2)
    seen, attempt = [], process.attempt

    def seeing(job: Job, heart: Heartbeat) -> None:
        seen.append(state(first)[0])
        attempt(job, heart)

    monkeypatch.setattr(process, "attempt", seeing)
    tasks.prepare()
    Job.objects.filter(pk=second.pk).update(late_seconds=late, priority=-1)
    tasks.process()

    assert seen == [JobState.RUNNING, then]
    assert state(second)[0] == JobState.INGESTED


def test_a_worker_ingests_what_others_have_left_for_a_while_and_then_wakes_the_next(add, monkeypatch):
    for number in range(9):
        add(number)
    tasks.prepare()
    while process.process():
        pass
    OrmQ.objects.all().delete()
    monkeypatch.setattr("processing.workflow.shift.SHIFT", 0.0)
    Gathered(since=0.0).hand_on()
    assert [row.task["func"] for row in OrmQ.objects.all()] == [Stage.INGEST.value]

    monkeypatch.undo()
    Gathered(since=0.0).hand_on()
    assert not Job.objects.filter(state=JobState.PROCESSED).exists()


def test_a_sweep_says_what_is_due(add):
    add()

    assert tasks.sweep()["prepare"] == 1
