"""Statements that are composed once per shape."""

import pytest
from django.db import IntegrityError, connection
from django.db.models import F, Q
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from processing.models import Event, Job, JobLog
from processing.models.shaped import KNOWN, Otherwise, equalities, insert, update
from tests.monitor import rows

pytestmark = pytest.mark.django_db


def test_the_same_shape_is_composed_once_whatever_its_values():
    jobs = [rows.job(), rows.job(rows.CELL)]
    KNOWN.clear()
    for job, seconds in zip(jobs, (1.0, 2.0), strict=True):
        assert update(Job, Q(pk=job.pk), {"seconds": seconds, "ended": Now()}) == 1

    assert len(KNOWN) == 1
    assert list(Job.objects.order_by("seconds").values_list("seconds", flat=True)) == [1.0, 2.0]


def test_nothing_and_something_are_of_different_shapes():
    job = rows.job()
    for token in (None, "9b2f3c7e-0d3b-4c0e-9a77-4d3f0c1f1d2a"):
        assert update(Job, Q(pk=job.pk), {"token": token}) == 1
        assert update(Job, Q(pk=job.pk, token=token), {"priority": 1}) == 1
    assert update(Job, Q(pk=job.pk, token=None), {"priority": 1}) == 0


@pytest.mark.parametrize(
    "where",
    [~Q(pk=1), Q(pk=1) | Q(pk=2), Q(pk__lt=1), Q(date__state="HELD"), Q(priority=F("turn")), Q(Q(pk=1), pk=2)],
)
def test_what_is_no_equality_django_composes(where):
    assert equalities(Job, where) is None
    assert update(Job, where, {"priority": 5}) == Job.objects.filter(where).count()


def test_conditions_within_conditions_all_hold():
    assert equalities(Job, Q(Q(token=None), Q(), Q(Q(pk=3), state="WAITING"))) == {
        "token": None,
        "pk": 3,
        "state": "WAITING",
    }


def test_rows_that_are_inserted_are_those_that_django_would_have_written():
    with CaptureQueriesContext(connection) as asked:
        numbers = insert([Event(subject="job", subject_id=n, name=f"n'{n}", new="WAITING", who="anna") for n in (1, 2)])

    assert len(asked) == 1
    assert list(Event.objects.filter(pk__in=numbers).order_by("id").values_list("name", "old", "who")) == [
        ("n'1", "", "anna"),
        ("n'2", "", "anna"),
    ]
    assert not Event.objects.filter(at__isnull=True).exists()


def test_a_row_that_is_there_is_an_error_or_left_or_changed_as_was_said():
    job = rows.job()
    JobLog.objects.filter(job=job).delete()
    insert([JobLog(job=job, text="first", headers="kept")])
    assert insert([JobLog(job=job, text="second")], Otherwise()) == []
    assert JobLog.objects.get(job=job).text == "first"
    insert([JobLog(job=job, text="third")], Otherwise(("job_id",), ("text",)))

    log = JobLog.objects.get(job=job)
    assert (log.text, log.headers) == ("third", "kept")
    with pytest.raises(IntegrityError):
        insert([JobLog(job=job)])
