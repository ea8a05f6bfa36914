"""Pages of errors: clear, with the state strip for those who may see it, and there whatever is broken."""

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError, connection
from django.test import Client

from monitor.headers import HEADERS
from monitor.pages import errors
from tests.monitor import rows

pytestmark = pytest.mark.django_db

STRIP = 'class="strip"'


@pytest.fixture
def breaks(monkeypatch):
    """The home page fails with this exception."""

    def arrange(exception):
        def broken():
            raise exception

        monkeypatch.setattr("monitor.board.nights", broken)

    return arrange


@pytest.fixture
def reader(viewer):
    rows.job()
    viewer.raise_request_exception = False
    return viewer


@pytest.mark.parametrize(
    ("exception", "status"),
    [
        (SuspiciousOperation("odd"), 400),
        (PermissionDenied("Not on Sundays."), 403),
        (RuntimeError("the secret of the failure"), 500),
    ],
)
def test_the_page_of_an_error_keeps_the_strip_and_tells_no_secret(reader, breaks, exception, status):
    breaks(exception)
    answer = reader.get("/")
    body = answer.content.decode()

    assert answer.status_code == status
    assert STRIP in body
    assert "UVES" in body
    assert "secret" not in body
    assert "odd" not in body
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS


@pytest.mark.parametrize("exception", [SuspiciousOperation("odd"), RuntimeError("x"), PermissionDenied()])
def test_a_stranger_sees_no_strip_on_the_page_of_an_error(anonymous, monkeypatch, exception):
    def broken(_request):
        raise exception

    rows.job()
    monkeypatch.setattr("django.contrib.auth.views.LoginView.get", lambda _self, request: broken(request))
    body = anonymous.get("/login/").content.decode()

    assert STRIP not in body
    assert "UVES" not in body
    assert "Tonight" in body


def test_a_refusal_says_why_if_it_has_words(reader, breaks):
    breaks(PermissionDenied("Not on <Sundays>."))

    assert "Not on &lt;Sundays&gt;." in reader.get("/").content.decode()


def test_a_form_without_its_token_is_refused_with_the_strip(reader, admin_user):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(admin_user)
    answer = strict.post("/stop/", {"scope": "UVES"})
    body = answer.content.decode()

    assert answer.status_code == 403
    assert "nothing was done" in body
    assert STRIP in body
    assert "CSRF" not in body


def test_an_error_in_the_strip_itself_is_answered_without_it(reader, monkeypatch):
    def broken():
        raise RuntimeError("the strip")

    monkeypatch.setattr("monitor.board.strip", broken)
    answer = reader.get("/")

    assert answer.status_code == 500
    assert STRIP not in answer.content.decode()
    assert "An error of phoenix" in answer.content.decode()


def test_a_database_that_is_away_is_named_and_not_asked_again(reader):
    asked = []

    def away(_execute, sql, *_rest):
        asked.append(sql)
        raise OperationalError("could not connect to server: user=phoenix password=secret")

    with connection.execute_wrapper(away):
        answer = reader.get("/")
    body = answer.content.decode()

    assert answer.status_code == 503
    assert "The database does not answer" in body
    assert "secret" not in body
    assert len(asked) == 1


def test_an_address_that_names_another_host_is_a_bad_request(anonymous):
    answer = anonymous.get("/", headers={"host": "elsewhere.example"})

    assert answer.status_code == 400
    assert "could not be understood" in answer.content.decode()
    assert answer.headers["Content-Security-Policy"] == HEADERS["Content-Security-Policy"]


def test_only_a_sentence_is_told_of_an_exception():
    assert errors.said(PermissionDenied()) == ""
    assert errors.said(PermissionDenied({"path": "nothing/"})) == ""
    assert errors.said(PermissionDenied("Ask Anna.")) == "Ask Anna."
