"""Every error is a problem document."""

from base64 import b64encode
from urllib.parse import urlencode

import pytest

from monitor.api.pages import MOST
from monitor.api.parameters import LONGEST
from tests.monitor import rows

pytestmark = pytest.mark.django_db

FIELDS = ["type", "title", "status", "detail", "instance", "request_id", "errors"]
OF_AB = [f"abs/X/{part}" for part in ("", "log/", "associations/", "scores/", "products/")]
INSTRUMENTS = ["instruments/", "instruments/UVES/"]
DATES = ["dates/", "dates/UVES/2012-05-09/", "dates/UVES/2012-05-09/acknowledgement/"]
PRODUCTS = ["products/", "products/ADP.2026-01-01T00:00:00.001/", "ingestions/"]
RESOURCES = ["status/", *INSTRUMENTS, *DATES, "abs/", *OF_AB, "jobs/", *PRODUCTS, "failures/", "stops/", "stops/1/"]


def problem(answer, status):
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    found = answer.json()
    assert list(found) == FIELDS
    assert found["status"] == status
    return found


@pytest.mark.parametrize("resource", RESOURCES)
def test_what_is_not_public_needs_a_login(anonymous, resource):
    answer = anonymous.get(f"/api/v1/{resource}")

    problem(answer, 401)
    assert answer.headers["WWW-Authenticate"].startswith("Basic")


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
@pytest.mark.parametrize("resource", [*RESOURCES, "adp/datasets/", "adp/vocabulary/"])
def test_nothing_can_be_changed(viewer, resource, method):
    found = getattr(viewer, method)(f"/api/v1/{resource}", content_type="application/json")
    found = problem(found, 403 if (resource, method) == ("instruments/UVES/", "patch") else 405)

    assert found["instance"] == f"/api/v1/{resource}"


def test_who_may_register_may_not_delete(registrar):
    assert problem(registrar.delete("/api/v1/abs/"), 405)["title"] == "Method Not Allowed"


@pytest.mark.parametrize(
    "resource",
    ["abs/X/", "abs/X/log/", "dates/UVES/2000-01-01/", "nothing/", "stops/1/", "instruments/UVES/", ""],
)
def test_what_is_not_there_is_not_found(viewer, resource):
    found = problem(viewer.get(f"/api/v1/{resource}"), 404)

    assert found["type"] == "/api/problems/#not-found"
    assert found["title"] == "Not Found"
    assert found["detail"]


@pytest.mark.parametrize("method", ["get", "post"])
def test_there_is_no_retry_and_the_answer_says_why(registrar, method):
    rows.job()
    found = problem(getattr(registrar, method)("/api/v1/abs/UVES.2012-05-10T03:17:42.861.ab/retry/"), 405)

    assert found["type"] == "/api/problems/#one-attempt"
    assert "one attempt" in found["detail"]


@pytest.mark.parametrize(
    "resource", ["status/", "dates/", "abs/", "jobs/", "stops/", *INSTRUMENTS, "adp/datasets/", "adp/vocabulary/"]
)
def test_an_unknown_parameter_is_refused_by_name(viewer, resource):
    [error] = problem(viewer.get(f"/api/v1/{resource}?stat=FAILED"), 400)["errors"]

    assert error["parameter"] == "stat"


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("state=BROKEN", "state"),
        ("state=", "state"),
        ("state=FAILED&state=LOST", "state"),
        ("date=2012-02-30", "date"),
        ("instrument=%00", "instrument"),
        ("reason=MOON", "reason"),
        ("limit=0", "limit"),
        (f"limit={MOST + 1}", "limit"),
        (f"instrument={'X' * (LONGEST + 1)}", "instrument"),
        ("limit=many", "limit"),
        ("limit=²", "limit"),
        ("limit=0001000000000", "limit"),
        (f"limit=00000{'1' * 5000}", "limit"),
        ("date=20120509", "date"),
    ],
)
def test_a_wrong_value_is_refused_by_name(viewer, query, parameter):
    [error] = problem(viewer.get(f"/api/v1/jobs/?{query}"), 400)["errors"]

    assert error["parameter"] == parameter


def test_all_wrong_parameters_are_named_at_once(viewer):
    errors = problem(viewer.get("/api/v1/jobs/?colour=red&date=today&state=x"), 400)["errors"]

    assert [error["parameter"] for error in errors] == ["colour", "state", "date"]


def test_a_broken_cursor_is_not_found(viewer):
    problem(viewer.get("/api/v1/jobs/?cursor=nonsense"), 404)


@pytest.mark.parametrize(("resource", "position"), [("jobs", "abc"), ("dates", "abc"), ("abs", "\0")])
def test_a_cursor_that_was_made_up_is_no_failure(viewer, resource, position):
    cursor = b64encode(urlencode({"p": position}).encode()).decode()

    assert viewer.get(f"/api/v1/{resource}/", {"cursor": cursor}).status_code in (200, 404)


def test_a_problem_of_the_log_is_json_too(viewer):
    problem(viewer.get("/api/v1/abs/X/log/", headers={"accept": "text/plain"}), 404)


def test_a_format_that_nobody_offers_is_refused(viewer):
    problem(viewer.get("/api/v1/status/", headers={"accept": "image/png"}), 406)


def test_a_failure_that_nobody_foresaw_tells_nothing_from_the_inside(viewer, monkeypatch):
    def broken():
        raise RuntimeError("the secret of the failure")

    monkeypatch.setattr("processing.control.status", broken)
    answer = viewer.get("/api/v1/status/")

    assert "administrators" in problem(answer, 500)["detail"]
    assert b"secret" not in answer.content


def test_an_address_without_its_last_slash_is_led_to_the_one_with_it(viewer):
    assert viewer.get("/api/v1/status").headers["Location"] == "/api/v1/status/"
