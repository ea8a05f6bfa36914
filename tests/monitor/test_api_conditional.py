"""Tags, changes that name what was read, and requests that are sent twice."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from monitor.api import adp, answers, repeats
from processing import control
from processing.models import Answered, AssociationBlock, Instrument, Job, Stop
from processing.workflow import intake
from tests.monitor import rows
from tests.monitor.test_problems import problem

pytestmark = pytest.mark.django_db

AB = "abs/UVES.2012-05-10T03:17:42.861/"
STOPS = "/api/v1/stops/"
UVES = "/api/v1/instruments/UVES/"
WANTED = {"scope": "", "reason": "a bug"}


def post(client, address=STOPS, key="k1", **content):
    return client.post(address, content or WANTED, content_type="application/json", headers={"idempotency-key": key})


def patch(client, window="20:00-06:00", **headers):
    return client.patch(UVES, {"window": window}, content_type="application/json", headers=headers)


@pytest.mark.parametrize("resource", ["status/", "dates/", AB, "products/", "jobs/", "adp/vocabulary/"])
def test_what_has_not_changed_is_not_sent_again(viewer, resource):
    rows.attempted(rows.job())
    tag = viewer.get(f"/api/v1/{resource}").headers["ETag"]
    again = viewer.get(f"/api/v1/{resource}", headers={"if-none-match": tag})

    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)


@pytest.mark.parametrize("resource", ["status/", "dates/", AB, "jobs/"])
def test_what_has_changed_is_sent_again(viewer, resource):
    row = rows.job()
    tag = viewer.get(f"/api/v1/{resource}").headers["ETag"]
    Job.objects.filter(pk=row.pk).update(state="FAILED")

    assert viewer.get(f"/api/v1/{resource}", headers={"if-none-match": tag}).status_code == 200


def test_a_tag_is_the_same_for_the_same_bytes_only():
    assert answers.tag(b"a") == answers.tag(b"a") != answers.tag(b"b")


def test_a_tag_is_of_one_format_and_one_choice_of_fields(viewer):
    rows.job()

    assert viewer.get("/api/v1/jobs/").headers["ETag"] != viewer.get("/api/v1/jobs/?fields=ab").headers["ETag"]


def test_private_answers_are_kept_by_no_cache_that_others_share(viewer):
    answer = viewer.get("/api/v1/jobs/")

    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert {"Accept", "Authorization", "Cookie"} <= set(answer.headers["Vary"].split(", "))


def test_public_answers_are_the_same_for_all_and_kept_for_a_minute(viewer, anonymous):
    for client in (viewer, anonymous):
        answer = client.get("/api/v1/adp/datasets/?dp_id=X")
        assert answer.headers["Cache-Control"] == f"public, max-age={adp.FRESH}"
        assert "Cookie" not in answer.headers["Vary"]


def test_a_window_is_changed_by_who_has_read_it(allowed):
    rows.job()
    client = allowed("change_instrument")
    tag = client.get(UVES).headers["ETag"]
    answer = patch(client, **{"if-match": tag})

    assert (answer.status_code, answer.json()["window"]) == (200, "20:00-06:00 UTC")
    assert Instrument.objects.get().window == "20:00-06:00"
    problem(patch(client, **{"if-match": tag}), 412)
    assert patch(client, "", **{"if-match": answer.headers["ETag"]}).status_code == 200


def test_a_change_of_jobs_alone_does_not_outdate_a_window(allowed):
    row = rows.job()
    client = allowed("change_instrument")
    tag = client.get(UVES).headers["ETag"]
    Job.objects.filter(pk=row.pk).update(state="FAILED")

    assert patch(client, **{"if-match": tag}).status_code == 200


@pytest.mark.parametrize(
    ("headers", "window", "status"),
    [
        ({}, "20:00-06:00", 428),
        ({"if-match": '"other"'}, "20:00-06:00", 412),
        ({"if-match": "*"}, "25:00-06:00", 400),
        ({"if-match": "*"}, "tonight", 400),
    ],
)
def test_a_change_that_cannot_be_meant_is_refused(allowed, headers, window, status):
    rows.job()
    problem(patch(allowed("change_instrument"), window, **headers), status)

    assert Instrument.objects.get().window == ""


def test_a_window_is_changed_by_who_may(viewer):
    rows.job()
    problem(patch(viewer, **{"if-match": "*"}), 403)


@pytest.mark.parametrize("headers", [{}, {"if-match": '"1"'}])
def test_a_certificate_is_certified_by_who_has_read_it(allowed, headers):
    row = control.active_stop("")
    assert row is None
    address = "/api/v1/certificates/UVES/ECHELLE-POINT/1/suspend/"
    answer = allowed("certify_certificate").post(
        address, {"why": "x"}, content_type="application/json", headers=headers
    )

    problem(answer, 412 if headers else 428)


def test_a_stop_that_is_sent_again_is_answered_as_before(stopper):
    first = post(stopper)
    control.resume(Stop.objects.get(), "anna")
    again = post(stopper)

    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert again.headers["Location"] == first.headers["Location"]
    assert (Stop.objects.count(), again.headers["Idempotency-Replayed"]) == (1, "true")


def test_a_key_stands_for_one_request(stopper):
    post(stopper)
    found = problem(post(stopper, scope="", reason="another"), 422)

    assert found["type"] == "/api/problems/#idempotency-key"
    assert Stop.objects.get().reason == "a bug"


def test_a_key_is_its_users_own(stopper, allowed):
    post(stopper)

    assert "Idempotency-Replayed" not in post(allowed("add_stop")).headers


def test_after_a_day_a_key_is_free_again(stopper):
    post(stopper)
    Answered.objects.update(at=timezone.now() - timedelta(hours=25))

    assert post(stopper).status_code == 200


def test_a_refusal_is_not_kept(stopper):
    problem(post(stopper, scope="NOBODY", reason="x"), 400)

    assert not Answered.objects.exists()


def test_two_at_the_same_time_are_one(stopper):
    post(stopper)
    Answered.objects.update(status=0)

    problem(post(stopper), 409)


def test_who_gave_up_before_the_end_keeps_no_key(stopper):
    post(stopper)
    Answered.objects.update(status=0, at=timezone.now() - repeats.GIVEN_UP - timedelta(seconds=1))

    assert post(stopper).status_code == 200


@pytest.mark.parametrize("key", ["", "é", "x" * 129])
def test_a_key_is_a_short_text(stopper, key):
    problem(post(stopper, key=key), 400)


def test_a_resume_can_be_sent_again_too(stopper):
    stop, *_ = rows.backlog()
    answers = [post(stopper, f"{STOPS}{stop.pk}/resume/", backlog=False).json() for _ in range(2)]

    assert answers == [{"run": 1, "skipped": 1, "kept": 0}] * 2


@pytest.mark.parametrize("sample", [rows.POINT, rows.VIRTUAL])
def test_a_dry_run_says_what_registering_would_do_and_stores_nothing(registrar, sample):
    address, text = "/api/v1/abs/", rows.text(sample)
    dry = registrar.post(f"{address}?dry_run=true", text, content_type="text/plain")

    assert dry.status_code == 200
    assert not AssociationBlock.objects.exists()
    assert intake.judge_content(text.encode(), "body").as_dict() == dry.json()
    assert registrar.post(address, text, content_type="text/plain").json() == dry.json()


def test_a_dry_run_knows_what_is_known_and_refuses_what_is_broken(registrar):
    address = "/api/v1/abs/?dry_run=true"
    rows.job()

    assert registrar.post(address, rows.text(), content_type="text/plain").json()["result"] == "UNCHANGED"
    problem(registrar.post(address, "nothing", content_type="text/plain"), 400)


@pytest.mark.parametrize("path", ["/api/", "/api/v2/jobs/", "/api/v1/nothing"])
def test_even_what_django_answers_below_the_api_is_a_problem(anonymous, path):
    found = problem(anonymous.get(path, follow=True), 404)

    assert len(found["request_id"]) >= 8


def test_a_forged_request_and_a_wrong_host_are_problems(stopper, client, settings):
    strict = Client(enforce_csrf_checks=True, raise_request_exception=False)
    strict.cookies = stopper.cookies

    problem(post(strict), 403)
    problem(client.get("/api/v1/status/", headers={"host": "evil.example.org"}), 400)


def test_every_type_of_problem_leads_to_its_section_of_the_help(client, viewer):
    page = client.get("/api/problems/").content.decode()
    for path in ("jobs/?colour=red", "nothing/", "abs/X/retry/"):
        kind = viewer.get(f"/api/v1/{path}").json()["type"]
        assert f'id="{kind.partition("#")[2]}"' in page
