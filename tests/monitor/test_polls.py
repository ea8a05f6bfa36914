"""A page that has not changed is not made again."""

import re
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from monitor import polls
from processing.core.states import JobState
from tests.monitor import rows

pytestmark = pytest.mark.django_db
PAGES = ("/", "/grid/", "/dates/UVES/2012-05-09/", "/abs/UVES.2012-05-10T03:17:42.861.ab/", "/system/")


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """Seconds that stand still."""
    seconds = [1000.0]
    monkeypatch.setattr("monitor.polls.time.time", lambda: seconds[0])
    return seconds


def version(answer):
    return re.findall(r'data-version="([^"]+)"', answer.content.decode())[0]


def poll(client, address, known):
    return client.get(address, headers={polls.HEADER: known})


@pytest.mark.parametrize("address", PAGES)
def test_an_unchanged_page_is_answered_with_nothing(viewer, address):
    rows.attempted(rows.job())
    answer = poll(viewer, address, version(viewer.get(address)))

    assert (answer.status_code, answer.content) == (204, b"")
    assert "no-store" in answer.headers["Cache-Control"]


def test_an_unchanged_poll_takes_three_queries(viewer, django_assert_num_queries):
    rows.job()
    known = version(viewer.get("/"))
    with django_assert_num_queries(3):  # session, user, the newest event
        assert poll(viewer, "/", known).status_code == 204


def test_an_event_makes_every_page_new(viewer):
    row = rows.job()
    known = version(viewer.get("/"))
    rows.put(row, JobState.FAILED)
    answer = poll(viewer, "/", known)

    assert answer.status_code == 200
    assert version(answer) != known


def test_what_leaves_no_event_is_seen_within_half_a_minute(viewer, clock):
    rows.job()
    known = version(viewer.get("/"))
    clock[0] += polls.TICK

    assert poll(viewer, "/", known).status_code == 200


def test_an_event_while_the_page_is_made_makes_it_old(viewer, monkeypatch):
    row = rows.job()

    def late():
        row.note("WAITING", "RUNNING")
        return []

    monkeypatch.setattr("monitor.board.nights", late)
    known = version(viewer.get("/"))

    assert poll(viewer, "/", known).status_code == 200


@pytest.mark.parametrize("known", ["", "none", "0.0", "9" * 5000])
def test_a_version_that_no_page_has_gets_the_page(viewer, known):
    rows.job()

    assert poll(viewer, "/", known).status_code == 200


def test_who_was_logged_out_is_not_told_that_nothing_changed(viewer, anonymous):
    rows.job()
    known = version(viewer.get("/"))

    assert poll(anonymous, "/", known).status_code == 302


def test_who_logs_out_or_is_barred_is_not_told_that_nothing_changed(viewer, django_user_model):
    rows.job()
    known = version(viewer.get("/"))
    django_user_model.objects.update(is_active=False)
    assert poll(viewer, "/", known).status_code == 302

    django_user_model.objects.update(is_active=True)
    assert poll(viewer, "/", known).status_code == 204
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert poll(viewer, "/", known).status_code == 302


def test_a_role_that_is_taken_away_is_gone_with_the_next_page(viewer, django_user_model):
    rows.job()
    assert viewer.get("/").status_code == 200

    django_user_model.objects.get().groups.clear()
    assert viewer.get("/").status_code == 403


def test_a_page_with_a_form_is_never_answered_with_nothing(stopper):
    rows.job()
    known = version(stopper.get("/"))

    assert "data-version" not in stopper.get("/stop/").content.decode()
    assert poll(stopper, "/stop/", known).status_code == 200
