"""The jobs of a date are counted when it is finished, and again when it is finished again."""

from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection

from processing import migrations
from processing.core.states import DateState, JobState
from processing.models import Campaign, Job, ProcessingDate
from processing.workflow import sweep
from processing.workflow.finish import finish
from processing.workflow.ingest import ingest
from processing.workflow.prepare import prepare
from processing.workflow.process import process
from tests.processing.conftest import run_night

pytestmark = pytest.mark.usefixtures("worker")


def date() -> ProcessingDate:
    return ProcessingDate.objects.get()


def test_a_finished_date_knows_how_many_jobs_ended_how(add):
    add(1), add(2), add(3, exit=1)
    run_night()

    assert (date().state, date().final) == (DateState.FINISHED, {"INGESTED": 2, "FAILED": 1})


def test_an_open_date_has_no_final_counts(add):
    add()
    prepare(), process()

    assert date().final is None


def test_a_date_that_is_open_again_has_no_final_counts_until_it_is_finished_again(add):
    add(1)
    run_night()
    add(2)
    assert (date().counts, date().final) == ({"INGESTED": 1}, None)

    run_night()
    assert date().final == {"INGESTED": 2}


def test_a_date_that_another_campaign_opens_again_counts_its_jobs_too(add):
    job = add(1)
    run_night()
    again = Campaign.objects.create(name="again", state="RUNNING")
    Job.objects.create(block=job.block, campaign=again, date=job.date, certificate=job.certificate)
    sweep.sweep()
    assert date().final is None

    run_night()
    assert date().final is not None
    assert sum((date().counts or {}).values()) == 2


def test_an_ab_that_comes_while_its_date_is_counted_is_not_forgotten(add, monkeypatch):
    add(1)
    prepare(), process(), ingest()
    late = date()
    move = ProcessingDate.move

    def comes(row, *args, **options):
        monkeypatch.setattr(ProcessingDate, "move", move)
        add(2)
        return move(row, *args, **options)

    monkeypatch.setattr(ProcessingDate, "move", comes)
    assert not late.finish("counted too early")
    assert date().state == DateState.FINISHING

    finish()
    assert sum((date().counts or {}).values()) == Job.objects.count() == 2


def test_nothing_is_finished_twice(add):
    add()
    prepare(), process(), ingest()
    first, second = date(), date()

    assert (first.finish("first"), second.finish("second")) == (True, False)


def test_the_migration_counts_what_was_finished_before(add):
    add(1), add(2, exit=1)
    run_night()
    ProcessingDate.objects.update(counts=None)
    (file,) = Path(migrations.__file__).parent.glob("*_counts.py")
    import_module(f"{migrations.__name__}.{file.stem}").count_the_finished(apps, connection.schema_editor())

    assert date().final == {"INGESTED": 1, "FAILED": 1}


def test_a_job_that_ends_writes_nothing_to_its_date(add, django_assert_num_queries):
    add(1), add(2)
    prepare()
    before = ProcessingDate.objects.values().get()
    process()

    assert Job.objects.filter(state=JobState.PROCESSED).count() == 1
    assert ProcessingDate.objects.values().get() == before
