"""Queries that are composed once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet

from processing.models import Event, Job
from processing.models.composed import Composed, ComposedObjects, Given
from tests.monitor import rows

pytestmark = pytest.mark.django_db


def test_a_query_is_composed_once_and_answered_anew_each_time():
    made = []

    def newest_event() -> "QuerySet[Event, Any]":
        made.append(1)
        return Event.objects.order_by("-id").values_list("pk")[:1]

    newest = Composed(newest_event)
    assert newest.ask() == []

    rows.job()
    first = newest.ask()[0].pk
    rows.job(rows.CELL)

    assert newest.ask()[0].pk > first
    assert made == [1]


def test_what_is_given_makes_the_difference(django_assert_num_queries):
    jobs = [rows.job(), rows.job(rows.CELL)]
    named = Composed(lambda: Job.objects.filter(pk=Given("pk")).values_list("registered", "block__name"))

    for job in jobs:
        with django_assert_num_queries(1):
            [found] = named.ask(pk=job.pk)
        assert (found.registered, found.block__name) == (job.registered, job.block.name)


def test_a_value_that_is_not_given_is_a_mistake_and_not_a_wrong_answer():
    with pytest.raises(KeyError):
        Composed(lambda: Job.objects.filter(pk=Given("pk")).values_list("pk")).ask()


def test_objects_come_with_what_they_are_related_to(django_assert_num_queries):
    jobs = [rows.job(), rows.job(rows.CELL)]
    whole = ComposedObjects(lambda: Job.objects.filter(registered__gte=Given("since")).select_related("block"))

    for since, expected in ((jobs[0].registered, jobs), (jobs[1].registered, jobs[1:])):
        with django_assert_num_queries(1):
            assert [(job, job.block.name) for job in whole.ask(since=since)] == [
                (job, job.block.name) for job in expected
            ]


@pytest.mark.django_db(transaction=True)
def test_each_thread_asks_its_own_connection():
    job = rows.job()
    whole = ComposedObjects(lambda: Job.objects.filter(pk=Given("pk")).select_related("block"))

    def asked() -> list[Job]:
        try:
            return whole.ask(pk=job.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(1) as another:
        assert [pool.submit(asked).result() for pool in (one, another)] == [[job], [job]]
    assert whole.ask(pk=job.pk) == [job]
