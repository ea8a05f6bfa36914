"""Pages: who may see them, and what holds for all of them."""

import re
from urllib.parse import unquote

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from monitor.headers import POLICY
from processing import control
from processing.core.states import JobState
from processing.models import Instrument, Job, ProcessingDate
from tests.monitor import rows

pytestmark = pytest.mark.django_db

LONG = "nine long words"
PAGES = ("/", "/dates/UVES/2012-05-09/", "/abs/UVES.2012-05-10T03:17:42.861.ab/")


@pytest.fixture
def one_job():
    return rows.attempted(rows.job())


@pytest.mark.parametrize("address", PAGES)
def test_a_page_is_shown_to_those_who_are_logged_in(viewer, one_job, address):
    assert viewer.get(address).status_code == 200


@pytest.mark.parametrize("address", PAGES)
def test_a_page_sends_others_to_the_login_and_back(anonymous, one_job, address):
    answer = anonymous.get(address)

    assert answer.status_code == 302
    assert unquote(answer.url) == f"{reverse('login')}?next={address}"


@pytest.mark.parametrize("address", PAGES)
def test_a_page_is_for_reading(viewer, one_job, address):
    assert viewer.post(address).status_code == 405


@pytest.mark.parametrize("address", [*PAGES, "/login/", "/abs/none/", "/api/v1/status/"])
def test_nothing_inline_can_run_on_a_page(viewer, one_job, address):
    answer = viewer.get(address)

    assert answer.headers["Content-Security-Policy"] == POLICY
    assert "unsafe" not in POLICY
    assert not re.search(
        r"<style|<script(?! type=\"module\" src=)|\sstyle=|\son\w+=|javascript:", answer.content.decode()
    )


@pytest.mark.parametrize("address", PAGES)
def test_a_page_is_kept_by_no_cache(viewer, one_job, address):
    assert "no-store" in viewer.get(address).headers["Cache-Control"]


@pytest.mark.parametrize("address", PAGES)
def test_a_page_works_without_javascript(viewer, one_job, address):
    body = viewer.get(address).content.decode()

    assert "ingested" in body
    assert "as of" in body
    assert "UTC" in body


def test_ids_are_unique_on_the_page_of_an_ab(viewer, one_job):
    body = viewer.get(PAGES[2]).content.decode()
    ids = re.findall(r'\sid="([^"]+)"', body)

    assert len(ids) == len(set(ids))


def test_every_shape_that_a_page_uses_is_on_its_sheet(viewer, one_job):
    body = viewer.get(PAGES[2]).content.decode()
    used = set(re.findall(r'href="#(shape-\w+)"', body))

    assert used
    assert used <= set(re.findall(r'<symbol id="(shape-\w+)"', body))


@pytest.mark.parametrize(
    "address", ["/nothing/", "/abs/UVES.none/", "/dates/UVES/2012-02-30/", "/dates/UVES/2000-01-01/"]
)
def test_what_is_not_there_is_not_found_and_the_strip_stays(viewer, one_job, address):
    answer = viewer.get(address)

    assert answer.status_code == 404
    assert 'class="strip"' in answer.content.decode()


def test_not_found_tells_nobody_about_processing(anonymous, one_job):
    body = anonymous.get("/nothing/").content.decode()

    assert 'class="strip"' not in body
    assert "UVES" not in body


def test_somebody_logs_in_and_out(anonymous, django_user_model):
    somebody = django_user_model.objects.create_user("somebody", password=LONG)
    somebody.groups.add(Group.objects.get(name="viewer"))

    answer = anonymous.post("/login/", {"username": "somebody", "password": LONG, "next": "/"})
    assert (answer.status_code, answer.url) == (302, "/")
    assert anonymous.get("/").status_code == 200

    assert anonymous.get("/logout/").status_code == 405
    assert anonymous.post("/logout/").status_code == 302
    assert anonymous.get("/").status_code == 302


def test_a_wrong_password_is_refused_without_saying_what_was_wrong(anonymous, django_user_model):
    django_user_model.objects.create_user("somebody", password=LONG)
    answers = [
        anonymous.post("/login/", {"username": name, "password": "wrong"}).content.decode()
        for name in ("somebody", "x")
    ]

    assert all("do not fit" in body for body in answers)


def test_the_login_leads_to_this_site_only(anonymous, django_user_model):
    django_user_model.objects.create_user("somebody", password=LONG)
    form = {"username": "somebody", "password": LONG, "next": "https://elsewhere.example/"}

    assert anonymous.post("/login/", form).url == "/"


@pytest.mark.parametrize("number", [1, 12])
def test_no_page_takes_more_than_eight_queries_however_many_jobs_there_are(viewer, django_assert_num_queries, number):
    block = rows.night(number)[0].block
    date = ProcessingDate.objects.get()

    # Each with one for the session, the user with what that user may do, and the strip.
    for address, queries in (("/", 6), (f"/dates/UVES/{date.date}/", 5), (f"/abs/{block.name}/", 7), ("/grid/", 6)):
        with django_assert_num_queries(queries):
            assert viewer.get(address).status_code == 200


def test_a_date_whose_jobs_run_and_queue_takes_eight_queries(viewer, django_assert_num_queries):
    rows.night(2, JobState.RUNNING)
    Job.objects.update(owner="node1:b:7:1")  # so that their picture is drawn
    row = rows.job(stamp="UVES.2012-05-10T09:00:00.000")
    with django_assert_num_queries(8):
        body = viewer.get(f"/dates/UVES/{row.date.date}/").content.decode()

    assert "Waiting for its turn: it is next." in body
    assert "chart gantt" in body


@pytest.mark.parametrize("stops", [[], ["UVES", "HAWKI", ""]])
def test_the_strip_of_a_page_costs_one_query_however_much_is_stopped(viewer, django_assert_num_queries, stops):
    rows.put(rows.job(), JobState.INGESTED)
    Instrument.objects.create(name="HAWKI")
    for scope in stops:
        control.stop(scope, "a bug", "anna")
    with django_assert_num_queries(3):  # with session and user
        viewer.get("/nothing/")
