"""Limits hold when several workers claim at once, each on a connection of its own."""

import os
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, transaction

from processing.core.states import DateState, JobState
from processing.models import Instrument, Job, ProcessingDate
from tests.processing.campaigning import begun, of

pytestmark = pytest.mark.django_db(transaction=True)
WORKERS, JOBS, MOST = 4, 10, 3


def waiting(add, **asked):
    """A campaign whose jobs wait for nothing but a worker."""
    for number in range(JOBS):
        add(number)
    Job.objects.update(state=JobState.INGESTED)
    row = begun(**asked)
    ProcessingDate.objects.update(state=DateState.PROCESSING)
    assert of(row).filter(due=True).count() == JOBS
    return row


def claimed_at_once():
    """How many jobs workers get that go on until there is none."""
    together = Barrier(WORKERS)

    def work(number):
        try:
            together.wait(20)
            return sum(Job.objects.claim(f"host:boot:{number}:1", instruments) is not None for _ in range(MOST + 1))
        finally:
            connection.close()

    instruments = list(Instrument.objects.all())
    with ThreadPoolExecutor(WORKERS) as pool:
        return sum(pool.map(work, range(WORKERS)))


def test_workers_that_claim_at_once_start_no_more_than_the_rate_of_a_campaign_lets(add):
    row = waiting(add, per_hour=MOST)

    assert claimed_at_once() == MOST
    assert of(row).filter(state=JobState.RUNNING).count() == MOST


def test_workers_that_claim_at_once_keep_the_limit_of_an_instrument(add):
    waiting(add)
    Instrument.objects.update(most_jobs=MOST)

    assert claimed_at_once() == MOST


def test_workers_that_claim_at_once_get_every_job_once(add):
    row = waiting(add)

    assert claimed_at_once() == JOBS
    assert of(row).filter(state=JobState.RUNNING).values("token").distinct().count() == JOBS


@pytest.mark.skipif("sqlite" in os.environ.get("DATABASE_URL", ""), reason="SQLite has one writer at a time")
def test_a_claim_that_counts_places_keeps_nobody_from_registering_a_date(add):
    add(1)
    Instrument.objects.update(most_jobs=MOST)

    def register():
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout TO '3s'")
            return add(2, date="2012-05-20").date.abs
        finally:
            connection.close()

    with transaction.atomic(), ThreadPoolExecutor(1) as pool:
        Job.objects.all().with_places(Instrument.objects.all())
        assert pool.submit(register).result() == 1
