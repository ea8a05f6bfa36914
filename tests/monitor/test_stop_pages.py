"""The pages that stop processing and resume it; no test runs a script, so all of it works without one."""

import re

import pytest
from django.test import Client

from monitor.pages import stops
from monitor.stops import LONGEST_REASON
from processing import control
from processing.core.states import JobState, Reason
from processing.models import Instrument, Job, Stop
from tests.monitor import rows

pytestmark = pytest.mark.django_db

STOP = "/stop/"
FORM = {"scope": "UVES", "mode": "DRAIN", "reason": "response curve bug"}


def body(client, address="/"):
    return " ".join(client.get(address).content.decode().split())


def resume_page(stop):
    return f"/stops/{stop.pk}/resume/"


def test_a_form_stops_an_instrument_and_leads_back_with_a_message(stopper):
    rows.job()
    answer = stopper.post(STOP, FORM)
    stop = Stop.objects.get()

    assert (answer.status_code, answer.url) == (302, "/")
    assert (stop.scope, stop.mode, stop.reason, stop.who) == ("UVES", "DRAIN", "response curve bug", "anna")
    assert "UVES is stopped." in body(stopper)
    assert "UVES is stopped." not in body(stopper)


def test_a_form_stops_everything_and_ends_what_runs(stopper):
    stopper.post(STOP, {**FORM, "scope": "all", "mode": "TERMINATE"})

    assert [*Stop.objects.values_list("scope", "mode")] == [("", "TERMINATE")]


def test_the_form_says_what_a_stop_means_and_how_many_jobs_run(stopper):
    rows.put(rows.job(), JobState.RUNNING)
    rows.job(rows.CELL)
    Instrument.objects.create(name="HAWKI")
    shown = re.sub(r"<[^>]+>", "", body(stopper, STOP))
    told = " ".join(shown.split())

    assert "While stopped, jobs wait. At resume, jobs whose time went by are skipped, and do not run." in told
    assert "everything 1 job runs now" in told
    assert "only UVES 1 job runs now" in told
    assert "only HAWKI 0 jobs run now" in told


def test_nothing_is_chosen_to_be_stopped_before_somebody_chooses(stopper):
    rows.job()

    assert re.findall(r'value="(\w+)" required checked', body(stopper, STOP)) == ["DRAIN"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"reason": " "}, "Give a reason"),
        ({"reason": "x" * (LONGEST_REASON + 1)}, "at most 1000 characters"),
        ({"reason": "a\0b"}, "Null characters"),
        ({"scope": ""}, "Choose what to stop"),
        ({"scope": "NOBODY"}, "not one of the available choices"),
        ({"mode": "SOFTLY"}, "not one of the available choices"),
    ],
)
def test_a_form_with_an_error_is_shown_again_and_stops_nothing(stopper, change, told):
    rows.job()
    answer = stopper.post(STOP, {**FORM, **change})

    assert answer.status_code == 400
    assert told in answer.content.decode()
    assert not Stop.objects.exists()


def test_what_was_typed_stays_in_a_form_with_an_error_and_cannot_run(stopper):
    rows.job()
    shown = stopper.post(STOP, {**FORM, "scope": "", "reason": "</textarea><script>"}).content.decode()

    assert "&lt;/textarea&gt;&lt;script&gt;</textarea>" in shown
    assert "<script>" not in shown


def test_stopping_what_is_stopped_says_that_the_first_stop_stays(stopper):
    rows.job()
    control.stop("UVES", "a bug", "bert")
    stopper.post(STOP, FORM)
    shown = body(stopper)

    assert "UVES was stopped already" in shown
    assert "by bert; that stop and its reason stay." in shown
    assert "stopped already" in body(stopper, STOP)


def test_a_later_stop_can_end_what_the_first_let_run(stopper):
    rows.job()
    control.stop("UVES", "a bug", "bert")
    stopper.post(STOP, {**FORM, "mode": "TERMINATE"})

    assert "running jobs are ended now" in body(stopper)
    assert Stop.objects.get().mode == "TERMINATE"


def test_the_preview_names_what_goes_on_and_what_is_skipped_and_changes_nothing(stopper):
    stop, kept, skipped = rows.backlog(reason="<i>bug</i>")
    shown = body(stopper, resume_page(stop))
    run, skip = shown.split('aria-labelledby="run"')[1].split('aria-labelledby="skip"')

    assert "1 job will go on, 1 is skipped." in shown
    assert "Will go on: 1" in run
    assert kept.block.name in run
    assert "Skipped: 1" in skip
    assert skipped.block.name in skip
    assert "&lt;i&gt;bug&lt;/i&gt;" in shown
    assert "<i>bug" not in shown
    assert Stop.objects.active().count() == 1
    assert Job.objects.filter(state=JobState.WAITING).count() == 2


def test_a_long_preview_is_cut_and_says_so(stopper, monkeypatch):
    rows.night(3, JobState.WAITING)
    stop = rows.stopped_since("2012-05-12")
    monkeypatch.setattr(stops, "LISTED", 2)
    shown = body(stopper, resume_page(stop))

    assert "3 jobs will go on" in shown
    assert "The first 2 of 3." in shown
    assert shown.count('href="/abs/') == 2


def test_a_resume_skips_the_backlog_and_says_how_many(stopper):
    stop, kept, skipped = rows.backlog()
    answer = stopper.post(resume_page(stop))
    stop.refresh_from_db()
    kept.refresh_from_db()
    skipped.refresh_from_db()

    assert (answer.status_code, answer.url) == (302, "/")
    assert "UVES is resumed: jobs that go on: 1; skipped: 1." in body(stopper)
    assert stop.resumed_by == "anna"
    assert (kept.state, skipped.state, skipped.reason) == (JobState.WAITING, JobState.SKIPPED, Reason.BACKLOG)


def test_what_another_stop_keeps_is_counted_and_named_apart(stopper):
    stop, kept, _ = rows.backlog()
    control.stop("", "a power cut", "bert")
    shown = body(stopper, resume_page(stop))
    keep = shown.split('aria-labelledby="keep"')[1].split('aria-labelledby="skip"')[0]

    assert "0 jobs will go on, 1 is skipped." in shown
    assert "1 job stays stopped: another stop keeps it." in shown
    assert "Stay stopped: 1" in keep
    assert kept.block.name in keep


def test_after_a_resume_it_is_said_what_another_stop_keeps(stopper):
    stop, *_ = rows.backlog()
    control.stop("", "a power cut", "bert")
    stopper.post(resume_page(stop))

    assert "jobs that go on: 0; skipped: 1; kept by another stop: 1." in body(stopper)


def test_a_second_button_processes_the_backlog_after_all(stopper):
    stop, _, skipped = rows.backlog()
    assert '<button type="submit" name="backlog" value="yes"' in body(stopper, resume_page(stop))
    stopper.post(resume_page(stop), {"backlog": "yes"})
    skipped.refresh_from_db()

    assert "jobs that go on: 2; skipped: 0." in body(stopper)
    assert skipped.state == JobState.WAITING


def test_without_a_backlog_there_is_no_button_for_it(stopper):
    rows.job()
    stop = rows.stopped_since("2012-05-12")

    assert 'name="backlog"' not in body(stopper, resume_page(stop))


def test_another_stop_that_stays_is_named_before_the_resume(stopper):
    rows.job()
    own, everything = control.stop("UVES", "a bug", "bert"), control.stop("", "a power cut", "carl")

    for stop, other in ((own, "everything"), (everything, "UVES")):
        assert re.search(rf"stays stopped</span> <span>{other}, since", body(stopper, resume_page(stop)))


def test_what_is_resumed_already_is_said_so_and_left_alone(stopper):
    stop, *_ = rows.backlog()
    control.resume(stop, "bert")
    shown = body(stopper, resume_page(stop))
    stopper.post(resume_page(stop))
    stop.refresh_from_db()

    assert "Resumed already" in shown
    assert "<form method" not in shown.split('<main id="main"')[1]
    assert "UVES was resumed already" in body(stopper)
    assert stop.resumed_by == "bert"


@pytest.mark.parametrize("number", [7, 10**30])
def test_a_stop_that_is_not_there_is_not_found(stopper, number):
    assert stopper.get(f"/stops/{number}/resume/").status_code == 404


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(
    ("codename", "may_stop", "may_resume"),
    [("add_stop", True, False), ("change_stop", False, True), ("add_associationblock", False, False)],
)
def test_stopping_and_resuming_each_need_their_permission(allowed, method, codename, may_stop, may_resume):
    rows.job()
    stop = rows.stopped_since("2012-05-12")
    client = allowed(codename)
    told = [getattr(client, method)(address, FORM).status_code for address in (STOP, resume_page(stop))]

    assert [status == 403 for status in told] == [not may_stop, not may_resume]
    assert Stop.objects.active().exists() == (method == "get" or not may_resume)


@pytest.mark.parametrize(
    ("codename", "links"), [("add_stop", {"Stop…"}), ("change_stop", {"Resume…"}), ("view_job", set())]
)
def test_a_button_is_shown_to_those_who_may_press_it(allowed, codename, links):
    rows.job()
    control.stop("UVES", "a bug", "bert")

    assert set(re.findall(r'<a class="button" href="[^"]+">([^<]+)</a>', body(allowed(codename)))) == links


@pytest.mark.parametrize("method", ["get", "post"])
def test_whoever_is_not_logged_in_is_sent_to_the_login(anonymous, method):
    rows.job()
    stop = rows.stopped_since("2012-05-12")

    for address in (STOP, resume_page(stop)):
        assert getattr(anonymous, method)(address).url == f"/login/?next={address}"
    assert Stop.objects.active().count() == 1


def test_a_form_of_a_foreign_page_is_refused(stopper):
    rows.job()
    stop = rows.stopped_since("2012-05-12")
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = stopper.cookies

    assert strict.post(STOP, {**FORM, "scope": "all"}).status_code == 403
    assert strict.post(resume_page(stop)).status_code == 403
    assert [*Stop.objects.active()] == [stop]


@pytest.mark.parametrize("address", [STOP, "/stops/{}/resume/"])
def test_the_form_carries_its_token_and_works_as_it_was_served(stopper, address):
    rows.job()
    stop = rows.stopped_since("2012-05-12")
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = stopper.cookies
    address = address.format(stop.pk)
    form = strict.get(address).content.decode().split('<main id="main"')[1]
    token = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', form)[0]

    assert strict.post(address, {**FORM, "scope": "all", "csrfmiddlewaretoken": token}).status_code == 302


@pytest.mark.parametrize("number", [1, 12])
def test_the_number_of_queries_does_not_depend_on_the_number_of_jobs(stopper, django_assert_num_queries, number):
    rows.night(number, JobState.WAITING)
    stop = rows.stopped_since("2012-05-12")

    # Each with one for the session, the user and the strip.
    for address, queries in ((STOP, 3 + 3), (resume_page(stop), 3 + 4)):
        with django_assert_num_queries(queries):
            assert stopper.get(address).status_code == 200


def test_ids_are_unique_and_nothing_inline_can_run(stopper):
    stop, *_ = rows.backlog()

    for address in (STOP, resume_page(stop)):
        shown = body(stopper, address)
        ids = re.findall(r'\sid="([^"]+)"', shown)
        assert len(ids) == len(set(ids))
        assert not re.search(r"<style|<script(?! type=\"module\" src=)|\sstyle=|\son\w+=|javascript:", shown)


def test_pages_with_a_form_are_kept_by_no_cache(stopper):
    assert "no-store" in stopper.get(STOP).headers["Cache-Control"]
