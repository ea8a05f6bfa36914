"""Updates that are easy on the database: what a running job changes again and again touches no index."""

import pytest
from django.db import connection

from processing.models import Event, Instrument, Job, JobLog, Worker
from processing.workflow import record
from processing.workflow.worker import owner

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def updates(table):
    """Updates of a table so far, and those of them that touched no index."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = %s", [table])
        return cursor.fetchone()


def since(table, before):
    return tuple(now - then for now, then in zip(updates(table), before, strict=True))


@pytest.fixture
def crowd(add):
    """Jobs enough to fill some pages, the last of them claimed."""
    for number in range(120):
        add(number, sleep=0)
    Job.objects.update(due=True, turn=1)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM FULL processing_job")
    Job.objects.filter(state="WAITING").update(owner=owner())
    with connection.cursor() as cursor:
        cursor.execute("VACUUM processing_job")
    return list(Job.objects.order_by("id"))


def test_the_renewal_of_a_lease_touches_no_index(crowd):
    before = updates("processing_job")
    for job in crowd[:30]:
        for _ in range(5):
            assert job.renew()

    number, hot = since("processing_job", before)
    assert number == 150
    assert hot >= 145


def test_the_log_of_a_running_recipe_grows_without_touching_an_index(add):
    job = add()
    record.growing_log(job, "x")
    before = updates("processing_joblog")
    for lines in range(2, 42):
        record.growing_log(job, "one line\n" * lines)

    assert since("processing_joblog", before) == (40, 40)
    assert JobLog.objects.get(job=job).text == "one line\n" * 41


def test_a_sign_of_life_of_a_worker_touches_no_index(db):
    Worker.objects.heard("north", host="north", slots=2, version="1")
    before = updates("processing_worker")
    for _ in range(50):
        Worker.objects.heard("north", host="north", slots=2, version="1")

    assert since("processing_worker", before) == (50, 50)


@pytest.mark.parametrize("model", [Job, JobLog, Worker, Instrument])
def test_pages_of_rows_that_change_often_have_room(model):
    with connection.cursor() as cursor:
        cursor.execute("SELECT reloptions FROM pg_class WHERE relname = %s", [model._meta.db_table])
        (options,) = cursor.fetchone()

    assert any(option.startswith("fillfactor=") for option in options)


def test_no_index_of_a_table_that_grows_with_every_ab_is_for_words_that_begin_so():
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname FROM pg_indexes WHERE indexname LIKE '%%\\_like'")
        found = {name.split("_")[1] for (name,) in cursor.fetchall() if name.startswith("processing_")}

    assert not found & {"associationblock", "rawframe", "ingestion", "product", Event._meta.model_name}
