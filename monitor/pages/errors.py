"""What is shown when something went wrong; the state strip stays where it can still be asked for."""

import sys
from dataclasses import dataclass
from http import HTTPStatus

from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

TEMPLATE = "monitor/error.html"


@dataclass(frozen=True)
class Wrong:
    """A kind of error: its status, its heading, what it means and what to do."""

    status: HTTPStatus
    title: str
    sentence: str


UNREADABLE = Wrong(HTTPStatus.BAD_REQUEST, "Bad request", "This request could not be understood.")
NOT_ALLOWED = Wrong(
    HTTPStatus.FORBIDDEN, "Not allowed", "You may not see or do this. Administrators give permissions in /admin/."
)
FORM_REFUSED = Wrong(
    HTTPStatus.FORBIDDEN,
    "Not allowed",
    "The form was too old or came from elsewhere, and nothing was done. Go back, reload the page and try again.",
)
NOT_THERE = Wrong(HTTPStatus.NOT_FOUND, "Not found", "There is nothing under this address.")
FAILED = Wrong(
    HTTPStatus.INTERNAL_SERVER_ERROR,
    "An error of phoenix",
    "The page could not be made; the cause is in the log of the web server. Processing does not depend on pages.",
)
NO_DATABASE = Wrong(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "The database does not answer",
    "The page could not be made. Workers wait for the database, too, and go on when it is back; reload this page then.",
)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400; what Django found suspicious is not told."""
    return answer(request, UNREADABLE)


def not_allowed(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403, with the words of the refusal if it has any."""
    return answer(request, NOT_ALLOWED, said(exception))


def form_refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form without a valid token; Django's reason is for developers."""
    return answer(request, FORM_REFUSED)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404, saying what was looked for in vain if it was a page that looked."""
    return answer(request, NOT_THERE, said(exception))


def failed(request: HttpRequest) -> HttpResponse:
    """500; or 503 when the reason is the database, which is then not asked again for the strip."""
    away = isinstance(sys.exception(), Error)
    return bare(NO_DATABASE) if away else answer(request, FAILED)


def said(exception: Exception) -> str:
    """The sentence that an exception was raised with; empty if it is no sentence."""
    words = exception.args[0] if exception.args else ""
    return words if isinstance(words, str) else ""


def answer(request: HttpRequest, wrong: Wrong, sentence: str = "") -> HttpResponse:
    """The page of an error, with the strip for those who are logged in."""
    try:
        body = render_to_string(TEMPLATE, {"wrong": wrong, "sentence": sentence or wrong.sentence}, request)
    except Exception:  # noqa: BLE001 - whatever broke the page may break its strip; the answer comes all the same
        return bare(wrong, sentence)
    return HttpResponse(body, status=wrong.status)


def bare(wrong: Wrong, sentence: str = "") -> HttpResponse:
    """The page of an error without strip and user: nothing of it asks the database."""
    body = render_to_string(TEMPLATE, {"wrong": wrong, "sentence": sentence or wrong.sentence})
    return HttpResponse(body, status=wrong.status)
