"""Registering ABs through the API."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from monitor.api import register
from processing.core.ab import MAX_BYTES
from processing.models import AssociationBlock
from tests.monitor import rows
from tests.monitor.test_problems import problem

pytestmark = pytest.mark.django_db

ABS = "/api/v1/abs/"


def post(client, content, query=""):
    return client.post(f"{ABS}{query}", content, content_type="text/plain")


def upload(client, **files):
    return client.post(
        ABS, {name: SimpleUploadedFile(f"{name}.ab", content.encode()) for name, content in files.items()}
    )


def test_one_text_is_registered(registrar):
    answer = post(registrar, rows.text())

    assert answer.status_code == 201
    assert answer.json()["result"] == "REGISTERED"
    assert answer.json()["state"] == "WAITING"
    assert registrar.get(answer.headers["Location"]).json()["text"] == rows.text()


def test_the_same_text_again_changes_nothing(registrar):
    post(registrar, rows.text())
    answer = post(registrar, rows.text())

    assert (answer.status_code, answer.json()["result"]) == (200, "UNCHANGED")
    assert AssociationBlock.objects.count() == 1


def test_an_ab_that_is_not_executable_is_registered_and_rejected(registrar):
    answer = post(registrar, rows.text(rows.VIRTUAL))

    assert answer.status_code == 201
    assert (answer.json()["state"], answer.json()["reason"]) == ("REJECTED", "VIRTUAL_CALIBRATION")


def test_a_malformed_text_is_refused_with_file_line_and_reason(registrar):
    broken = rows.text().replace("DATE\t2012-05-09", "DATE\t2012-02-30")
    [error] = problem(post(registrar, broken, "?name=night.ab"), 400)["errors"]

    assert error == {
        "file": "night.ab",
        "line": 4,
        "code": "MALFORMED",
        "reason": "2012-02-30 is no day of the calendar",
    }
    assert not AssociationBlock.objects.exists()


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"a\0b"])
def test_what_is_no_text_is_refused(registrar, content):
    problem(post(registrar, content), 400)


def test_other_content_under_a_known_name_is_refused(registrar):
    post(registrar, rows.text())

    assert "other content" in problem(post(registrar, rows.text(OBS_ID="1")), 400)["detail"]


def test_many_files_are_registered_and_a_bad_one_keeps_no_other(registrar):
    answer = upload(registrar, good=rows.text(), bad="nonsense", known=rows.text())

    assert answer.status_code == 201
    assert [row["result"] for row in answer.json()["results"]] == ["REGISTERED", "REFUSED", "UNCHANGED"]
    assert answer.json()["results"][1]["line"] == 1


def test_many_files_under_one_field_are_all_taken(registrar):
    files = [
        SimpleUploadedFile(f"{n}.ab", rows.text(sample).encode()) for n, sample in enumerate((rows.POINT, rows.CELL))
    ]

    assert len(registrar.post(ABS, {"file": files}).json()["results"]) == 2


def test_known_files_only_are_no_creation(registrar):
    post(registrar, rows.text())

    assert upload(registrar, known=rows.text()).status_code == 200


def test_many_files_are_a_problem_only_if_all_are_refused(registrar):
    errors = problem(upload(registrar, one="nonsense", two=""), 400)["errors"]

    assert [error["file"] for error in errors] == ["one.ab", "two.ab"]


def test_a_form_without_files_is_refused(registrar):
    problem(registrar.post(ABS, {"file": "text"}), 400)


def test_a_body_that_is_too_long_is_refused_unread(registrar):
    problem(post(registrar, b" " * (MAX_BYTES + 1)), 413)


def test_a_text_above_the_limit_of_django_but_not_of_an_ab_is_taken(registrar):
    comment = "# filler\n" * 400_000

    assert post(registrar, rows.text() + comment).status_code == 201


def test_a_file_that_is_too_long_is_refused_alone(registrar):
    long = rows.text(rows.CELL).ljust(MAX_BYTES) + "\n"
    answer = upload(registrar, long=long, good=rows.text())

    assert [row["result"] for row in answer.json()["results"]] == ["REFUSED", "REGISTERED"]


def test_too_many_files_are_refused(registrar, settings, monkeypatch):
    monkeypatch.setattr(register, "MOST_FILES", 2)
    problem(upload(registrar, a="x", b="x", c="x"), 413)
    settings.DATA_UPLOAD_MAX_NUMBER_FILES = 2
    problem(upload(registrar, a="x", b="x", c="x"), 413)


def test_another_kind_of_body_is_refused(registrar):
    problem(registrar.post(ABS, "{}", content_type="application/json"), 415)


def test_registering_needs_the_permission(viewer):
    assert "permission" in problem(post(viewer, rows.text()), 403)["detail"]
    assert not AssociationBlock.objects.exists()


def test_registering_needs_a_login(anonymous):
    problem(post(anonymous, rows.text()), 401)


def test_a_foreign_page_cannot_register_through_a_session(registrar):
    registrar.handler.enforce_csrf_checks = True

    assert "CSRF" in problem(post(registrar, rows.text()), 403)["detail"]


def test_an_unknown_parameter_is_refused(registrar):
    problem(post(registrar, rows.text(), "?nam=x"), 400)


def test_the_page_shows_what_was_registered(registrar):
    post(registrar, rows.text())

    assert "UVES.2012-05-10T03:17:42.861.ab" in registrar.get("/dates/UVES/2012-05-09/").content.decode()
