"""What the queue's messages do."""

import pytest
from django_q.models import OrmQ

from processing import tasks
from processing.core.states import JobState
from processing.workflow.ingest import ingest
from processing.workflow.process import process
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
    tasks.process()

    assert [state(job)[0] for job in jobs] == [JobState.INGESTED] * 10
    assert taken == [8, 2, 0]


def test_a_product_does_not_wait_for_the_recipe_of_another_job(add, monkeypatch):
    monkeypatch.setattr("processing.workflow.shift.GATHER", 0.1)
    first, second = add(1, sleep=0.1), add(2)
    seen = []

    def seeing() -> bool:
        seen.append(state(first)[0])
        return process()

    monkeypatch.setattr("processing.workflow.shift.process", seeing)
    tasks.prepare()
    tasks.process()

    assert seen[1] == JobState.INGESTED
    assert state(second)[0] == JobState.INGESTED


def test_a_sweep_says_what_is_due(add):
    add()

    assert tasks.sweep()["prepare"] == 1
