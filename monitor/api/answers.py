"""What every answer below `/api/` has: problem documents in place of Django's pages, a tag, and word for caches."""

from collections.abc import Callable
from hashlib import sha256
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers

from monitor.api import problems

BELOW = "/api/"
PRIVATE = "private, no-cache"


class Answers:
    """Middleware: outside of all that answers by itself, such as the check of forged requests."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not request.path.startswith(BELOW):
            return response
        if response.status_code >= HTTPStatus.BAD_REQUEST and is_page(response):
            response = problems.plain(HTTPStatus(response.status_code), request.path)
        response.headers.setdefault("Cache-Control", PRIVATE)
        if response.headers["Cache-Control"] == PRIVATE:
            patch_vary_headers(response, ("Accept", "Authorization", "Cookie"))
        return tagged(request, response)


def is_page(response: HttpResponseBase) -> bool:
    """Whether this is for people."""
    return str(response.headers.get("Content-Type", "")).startswith("text/html")


def tagged(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """The answer with a tag of its content, unless it has one; 304 if the client has it already."""
    if request.method not in {"GET", "HEAD"} or response.status_code != HTTPStatus.OK:
        return response
    if not isinstance(response, HttpResponse):
        return response
    if response.content:
        response.headers.setdefault("ETag", tag(response.content))
    return get_conditional_response(request, response.headers.get("ETag"), None, response) or response


def tag(content: bytes) -> str:
    """A strong tag: the same for the same bytes only."""
    return f'"{sha256(content).hexdigest()[:32]}"'
