"""Stopping and resuming through the API."""

import pytest

from monitor.api import serializers
from monitor.api.bodies import MOST_BYTES
from processing import control
from processing.core.states import JobState
from processing.models import Instrument, Job, ProcessingDate, Stop
from tests.monitor import rows
from tests.monitor.test_problems import problem

pytestmark = pytest.mark.django_db

STOPS = "/api/v1/stops/"
WANTED = {"scope": "UVES", "mode": "DRAIN", "reason": "response curve bug"}


@pytest.fixture
def uves():
    return rows.job()


def post(client, address=STOPS, **content):
    return client.post(address, content, content_type="application/json")


def resume_address(stop, query=""):
    return f"{STOPS}{stop.pk}/resume/{query}"


@pytest.mark.parametrize("scope", ["UVES", ""])
def test_a_stop_is_made_and_has_its_own_address(stopper, uves, scope):
    answer = post(stopper, **{**WANTED, "scope": scope})
    found = answer.json()

    assert answer.status_code == 201
    assert list(found) == serializers.STOP_FIELDS
    assert (found["scope"], found["mode"], found["reason"]) == (scope, "DRAIN", "response curve bug")
    assert (found["who"], found["resumed"], found["resumed_by"]) == ("anna", None, "")
    assert found["at"].endswith("Z")
    assert stopper.get(answer.headers["Location"]).json() == found


def test_without_a_mode_running_jobs_may_end(stopper, uves):
    assert post(stopper, scope="UVES", reason="bug").json()["mode"] == "DRAIN"


def test_stopping_what_is_stopped_is_no_creation_and_keeps_the_first_reason(stopper, uves):
    control.stop("UVES", "a bug", "bert")
    answer = post(stopper, **WANTED)

    assert (answer.status_code, answer.json()["reason"], answer.json()["who"]) == (200, "a bug", "bert")
    assert Stop.objects.count() == 1


def test_a_later_stop_can_end_what_the_first_let_run(stopper, uves):
    control.stop("UVES", "a bug", "bert")

    assert post(stopper, **{**WANTED, "mode": "TERMINATE"}).json()["mode"] == "TERMINATE"


@pytest.mark.parametrize(("scope", "waiting"), [("UVES", 1), ("", 2)])
def test_a_dry_run_says_what_a_stop_would_concern_and_stops_nothing(stopper, uves, scope, waiting):
    other = rows.job(rows.CELL)
    hawki = Instrument.objects.create(name="HAWKI")
    ProcessingDate.objects.filter(pk=other.date.pk).update(instrument=hawki)
    rows.put(rows.job(stamp="UVES.2012-05-10T04:00:00.000"), JobState.RUNNING)
    answer = post(stopper, f"{STOPS}?dry_run=true", **{**WANTED, "scope": scope})

    assert answer.status_code == 200
    assert answer.json() == {**WANTED, "scope": scope, "running": 1, "waiting": waiting}
    assert not Stop.objects.exists()


@pytest.mark.parametrize("query", ["", "?dry_run=true"])
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"reason": "  "}, "reason"),
        ({"reason": None}, "reason"),
        ({"reason": "a\0b"}, "reason"),
        ({"reason": "x" * 1001}, "reason"),
        ({"scope": "NOBODY"}, "scope"),
        ({"scope": None}, "scope"),
        ({"mode": "SOFTLY"}, "mode"),
        ({"mode": "\ud800"}, "mode"),
        ({"colour": "red"}, "colour"),
        ({"\ud800": 1}, "?"),
    ],
)
def test_a_wrong_field_is_refused_by_name_and_stops_nothing(stopper, uves, query, change, field):
    errors = problem(post(stopper, f"{STOPS}{query}", **{**WANTED, **change}), 400)["errors"]

    assert [error["field"] for error in errors] == [field]
    assert not Stop.objects.exists()


def test_what_is_to_be_stopped_and_why_must_be_said(stopper):
    errors = problem(post(stopper), 400)["errors"]

    assert {error["field"] for error in errors} == {"scope", "reason"}


@pytest.mark.parametrize(
    ("content", "status"),
    [("[]", 400), ("{", 400), ("[" * 20_000, 400), ("\udcff", 400), (" " * (MOST_BYTES + 1), 413)],
)
def test_a_body_that_is_no_short_object_is_refused(stopper, content, status):
    sent = content.encode(errors="surrogateescape")
    problem(stopper.post(STOPS, sent, content_type="application/json"), status)


def test_another_kind_of_body_is_refused(stopper):
    problem(stopper.post(STOPS, WANTED), 415)


def test_a_resume_skips_the_backlog_and_says_how_many(stopper):
    stop, kept, skipped = rows.backlog()
    answer = post(stopper, resume_address(stop))
    kept.refresh_from_db()
    skipped.refresh_from_db()

    assert (answer.status_code, answer.json()) == (200, {"run": 1, "skipped": 1, "kept": 0})
    assert (kept.state, skipped.state) == (JobState.WAITING, JobState.SKIPPED)
    assert stopper.get(f"{STOPS}{stop.pk}/").json()["resumed_by"] == "anna"


def test_a_resume_needs_no_body(stopper):
    stop, *_ = rows.backlog()

    assert stopper.post(resume_address(stop), content_type="application/json").json() == {
        "run": 1,
        "skipped": 1,
        "kept": 0,
    }


def test_only_an_explicit_choice_processes_the_backlog(stopper):
    stop, *_ = rows.backlog()

    assert post(stopper, resume_address(stop), backlog=True).json() == {"run": 2, "skipped": 0, "kept": 0}
    assert not Job.objects.filter(state=JobState.SKIPPED).exists()


@pytest.mark.parametrize(("backlog", "numbers"), [(False, (1, 1)), (True, (2, 0))])
def test_a_dry_run_of_a_resume_gives_the_numbers_and_changes_nothing(stopper, backlog, numbers):
    stop, *_ = rows.backlog()
    found = post(stopper, resume_address(stop, "?dry_run=true"), backlog=backlog).json()

    assert (found["run"], found["skipped"]) == numbers
    assert Stop.objects.active().exists()
    assert not Job.objects.filter(state=JobState.SKIPPED).exists()


@pytest.mark.parametrize("query", ["", "?dry_run=true"])
@pytest.mark.parametrize(("backlog", "numbers"), [(False, (0, 1, 1)), (True, (0, 0, 2))])
def test_what_another_stop_keeps_is_counted_apart(stopper, query, backlog, numbers):
    stop, *_ = rows.backlog()
    control.stop("", "a power cut", "bert")
    found = post(stopper, resume_address(stop, query), backlog=backlog).json()

    assert (found["run"], found["skipped"], found["kept"]) == numbers


@pytest.mark.parametrize("query", ["", "?dry_run=true"])
def test_resuming_what_is_resumed_already_does_nothing(stopper, query):
    stop, *_ = rows.backlog()
    control.resume(stop, "bert")
    answer = post(stopper, resume_address(stop, query))

    assert (answer.status_code, answer.json()) == (200, {"run": 0, "skipped": 0, "kept": 0})
    assert Stop.objects.get().resumed_by == "bert"


@pytest.mark.parametrize("content", [{"backlog": "perhaps"}, {"backlog": None}, {"backlock": True}])
def test_a_resume_with_a_wrong_field_is_refused(stopper, content):
    stop, *_ = rows.backlog()

    assert problem(post(stopper, resume_address(stop), **content), 400)["errors"][0]["field"] in content
    assert Stop.objects.active().exists()


@pytest.mark.parametrize("number", [7, 10**30])
def test_a_stop_that_is_not_there_is_not_found(stopper, number):
    problem(stopper.get(f"{STOPS}{number}/"), 404)
    problem(post(stopper, f"{STOPS}{number}/resume/"), 404)


@pytest.fixture
def three_stops(uves):
    old = control.stop("UVES", "first", "anna")
    control.resume(old, "anna")
    return [old.pk, control.stop("UVES", "second", "anna").pk, control.stop("", "third", "anna").pk]


def test_stops_are_listed_the_newest_first(viewer, three_stops):
    assert [row["id"] for row in viewer.get(STOPS).json()["results"]] == three_stops[::-1]


@pytest.mark.parametrize(
    ("query", "reasons"),
    [
        ("active=true", ["third", "second"]),
        ("active=false", ["first"]),
        ("scope=UVES", ["second", "first"]),
        ("scope=", ["third"]),
        ("scope=UVES&active=true", ["second"]),
        ("scope=HAWKI", []),
        ("limit=1", ["third"]),
    ],
)
def test_stops_can_be_filtered(viewer, three_stops, query, reasons):
    assert [row["reason"] for row in viewer.get(f"{STOPS}?{query}").json()["results"]] == reasons


@pytest.mark.parametrize(
    ("method", "query", "parameter"),
    [
        ("get", "active=yes", "active"),
        ("get", "dry_run=true", "dry_run"),
        ("post", "dry_run=1", "dry_run"),
        ("post", "dryrun=true", "dryrun"),
        ("post", "scope=UVES", "scope"),
    ],
)
def test_a_wrong_parameter_is_refused_by_name_and_stops_nothing(stopper, uves, method, query, parameter):
    send = {"get": stopper.get, "post": lambda address: post(stopper, address, **WANTED)}[method]
    [error] = problem(send(f"{STOPS}?{query}"), 400)["errors"]

    assert error["parameter"] == parameter
    assert not Stop.objects.exists()


@pytest.mark.parametrize("query", ["", "?dry_run=true"])
@pytest.mark.parametrize(
    ("codename", "may"),
    [("add_stop", [True, False]), ("change_stop", [False, True]), ("add_associationblock", [False, False])],
)
def test_stopping_and_resuming_each_need_their_permission(allowed, query, codename, may):
    rows.job()
    stop = rows.stopped_since("2012-05-12")
    client = allowed(codename)
    answers = [post(client, f"{STOPS}{query}", **WANTED), post(client, resume_address(stop, query))]

    assert [answer.status_code for answer in answers] == [200 if one else 403 for one in may]
    for answer in answers:
        if answer.status_code == 403:
            assert "needs the permission processing." in problem(answer, 403)["detail"]
    assert client.get(STOPS).status_code == 200


def test_whoever_is_not_logged_in_can_do_nothing(anonymous, uves):
    stop = rows.stopped_since("2012-05-12")

    problem(post(anonymous, **{**WANTED, "scope": ""}), 401)
    problem(post(anonymous, resume_address(stop)), 401)
    assert [*Stop.objects.active()] == [stop]


def test_a_foreign_page_can_neither_stop_nor_resume_through_a_session(stopper, uves):
    stop = rows.stopped_since("2012-05-12")
    stopper.handler.enforce_csrf_checks = True

    assert "CSRF" in problem(post(stopper, **{**WANTED, "scope": ""}), 403)["detail"]
    assert "CSRF" in problem(post(stopper, resume_address(stop)), 403)["detail"]


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_a_stop_is_neither_changed_nor_deleted(stopper, uves, method):
    stop = rows.stopped_since("2012-05-12")

    for address in (STOPS, f"{STOPS}{stop.pk}/", resume_address(stop)):
        problem(getattr(stopper, method)(address), 405)


def test_a_resume_is_not_for_reading(viewer, uves):
    problem(viewer.get(resume_address(rows.stopped_since("2012-05-12"))), 405)


@pytest.mark.parametrize("number", [1, 5])
def test_a_list_of_stops_takes_one_query(viewer, uves, django_assert_num_queries, number):
    for _ in range(number):
        control.resume(control.stop("UVES", "a bug", "anna"), "anna")
    with django_assert_num_queries(2 + 1):
        viewer.get(STOPS)
