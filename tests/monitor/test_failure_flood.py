"""A night in which 7,000 ABs fail: the pages stay quick, and ask no more of the database than ever."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from processing import control
from processing.models import Cluster, Job
from tests.monitor import failing

pytestmark = pytest.mark.django_db

FAILURES, MOST_QUERIES, LONGEST = 7000, 13, 250_000


@pytest.fixture
def flood(db):
    """Failures of few kinds and one of many, beside some weeks of other ones."""
    failing.history(days=30)
    failing.night("UVES", date(2012, 5, 10), FAILURES, 12)
    return Cluster.objects.get(fingerprint=max(Job.objects.all().by_kind(), key=lambda one: one.number).fingerprint)


def asked(client, address):
    """How much a page asks of the database, and how long it is; what it takes is for the benchmarks."""
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(address)
    assert answer.status_code == 200
    return len(captured), len(answer.content)


def test_seven_thousand_failures_of_one_night_ask_as_much_as_a_few(viewer, flood):
    for address in ("/failures/", f"/failures/{flood.fingerprint}/", f"/failures/{flood.fingerprint}/?page=40"):
        queries, length = asked(viewer, address)
        assert queries <= MOST_QUERIES
        assert length < LONGEST


def test_so_do_seven_thousand_failures_of_a_thousand_kinds(viewer):
    failing.night("UVES", date(2012, 5, 10), FAILURES, 1000)
    queries, length = asked(viewer, "/failures/")

    assert queries <= MOST_QUERIES
    assert length < LONGEST


def test_thousands_are_acknowledged_at_once(flood):
    number = Job.objects.filter(fingerprint=flood.fingerprint).count()

    assert number > FAILURES / 3
    assert control.acknowledge_failures(flood, "anna", "the disk of the archive", number) == number
