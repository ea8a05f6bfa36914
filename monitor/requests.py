"""An id for every request: taken from the client or made here, sent back, and noted wherever something is noted."""

import logging
import re
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from processing.core.trace import REQUEST, current

HEADER = "X-Request-ID"
# What can stand in a log line without harm.
FORM = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)


class RequestIds:
    """Middleware: the outermost, so that every answer and every log line has the id."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get(HEADER, "")
        # It stays until the thread's next request: Django logs what was answered after all middleware.
        REQUEST.set(given if FORM.fullmatch(given) else uuid.uuid4().hex)
        response = self.get_response(request)
        response.headers[HEADER] = current()
        return response


class WithRequest(logging.Filter):
    """Gives every log record its `request`; a dash outside of requests."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always True."""
        record.request_id = current() or "-"
        return True
