"""Ingestions that are taken together: what is wrong with one is no matter of the others."""

from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from processing.core.states import IngestState, JobState, Reason
from processing.models import Ingestion, Job, Product
from processing.workflow import catalogue, convert, sweep
from processing.workflow import ingest as steps
from processing.workflow.prepare import prepare
from processing.workflow.process import process
from tests.processing.conftest import state


@pytest.fixture
def two_processed(add):
    """Two jobs whose products wait for ingestion."""
    jobs = [add(1), add(2)]
    prepare()
    process(), process()
    return jobs


def test_one_that_the_database_refuses_keeps_no_other_of_its_batch(two_processed, monkeypatch):
    monkeypatch.setitem(settings.PHOENIX, "INGEST_RETRY", 0.0)
    good, bad = two_processed
    validate = steps.validate

    def spoiling(item: Ingestion) -> Any:
        step: Any = validate(item)
        return step._replace(why=None) if item.job == bad else step  # an event says why

    monkeypatch.setattr(steps, "validate", spoiling)
    assert steps.ingest() == 2
    assert state(good)[0] == JobState.INGESTED
    for _ in range(4):
        sweep.sweep()
        steps.ingest()

    assert state(bad) == (JobState.INGEST_FAILED, Reason.INGEST_ATTEMPTS)
    assert Ingestion.objects.get(job=bad).attempts == 3


def test_one_that_cannot_be_registered_keeps_no_other_of_its_batch(two_processed, monkeypatch):
    good, bad = two_processed
    monkeypatch.setattr(catalogue, "product_of", refusing(bad, catalogue.product_of))
    assert steps.ingest() == 2

    assert state(good)[0] == JobState.INGESTED
    assert Ingestion.objects.get(job=bad).state == IngestState.RETRY_WAIT
    assert Product.objects.get().job == good


def refusing(job: Job, make: Any) -> Any:
    def made(item: Ingestion, version: int) -> Product:
        product: Product = make(item, version)
        if item.job == job:
            product.category = None  # type: ignore[assignment]
        return product

    return made


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_name_and_content_are_on_the_disk_before_anything_is_stored_under_them(two_processed, monkeypatch):
    def asked(sql: str) -> Any:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchone() if cursor.description else None

    written, validate, store = [], steps.validate, convert.store
    asked("SET synchronous_commit TO on")  # the tests' server waits for nothing else

    def validating(item: Ingestion) -> Any:
        written.extend(asked("SELECT pg_current_wal_insert_lsn()"))
        return validate(item)

    def storing(item: Ingestion) -> Any:
        assert asked(f"SELECT pg_current_wal_flush_lsn() >= '{written[0]}'") == (True,)
        return store(item)

    monkeypatch.setattr(steps, "validate", validating)
    monkeypatch.setattr(convert, "store", storing)
    steps.ingest()

    assert [state(job)[0] for job in two_processed] == [JobState.INGESTED] * 2
