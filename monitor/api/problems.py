"""Every error of the API as a problem document (RFC 9457); never a traceback."""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation, TooManyFilesSent
from django.http import Http404, JsonResponse
from rest_framework.exceptions import APIException
from rest_framework.response import Response
from rest_framework.views import exception_handler

from processing.core.trace import current

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
HELP = "/api/problems/"
INTERNAL = "phoenix could not answer; the administrators find the cause in the log."


class Problem(APIException):
    """An answer that says what is wrong, item by item where there are several; `kind` names its section of the help."""

    def __init__(
        self, status: HTTPStatus, detail: str, errors: Sequence[Mapping[str, Any]] = (), kind: str = ""
    ) -> None:
        super().__init__(detail)
        self.status_code = status
        self.errors = errors
        self.kind = kind


def problem(error: Exception, context: Mapping[str, Any]) -> Response:
    """DRF's exception handler.  What nobody foresaw is logged and answered with a bare 500."""
    answer = exception_handler(translated(error), dict(context))
    if answer is None:
        logger.error("%s", context["request"].path, exc_info=error)
        answer = Response(status=HTTPStatus.INTERNAL_SERVER_ERROR)
    status = HTTPStatus(answer.status_code)
    found = document(status, sentence(error, status), context["request"].path, getattr(error, "kind", ""))
    answer.data = found | {"errors": list(getattr(error, "errors", ()))}
    answer.content_type = MEDIA_TYPE
    return answer


def document(status: HTTPStatus, detail: str, path: str, kind: str = "") -> dict[str, Any]:
    """What every problem says; its type is the address of a section of the help page."""
    return {
        "type": f"{HELP}#{kind or slug(status)}",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
        "instance": path,
        "request_id": current(),
        "errors": [],
    }


def plain(status: HTTPStatus, path: str) -> JsonResponse:
    """The problem in place of a page of Django's own."""
    detail = INTERNAL if status == HTTPStatus.INTERNAL_SERVER_ERROR else f"{status.description or status.phrase}."
    return JsonResponse(document(status, detail, path), status=status, content_type=MEDIA_TYPE)


def slug(status: HTTPStatus) -> str:
    """The name of a status in addresses, such as `not-found`."""
    return status.name.lower().replace("_", "-")


def translated(error: Exception) -> Exception:
    """Django's own refusals of a request, as those of the API."""
    if isinstance(error, RequestDataTooBig | TooManyFilesSent):
        return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, str(error))
    if isinstance(error, SuspiciousOperation):
        return Problem(HTTPStatus.BAD_REQUEST, str(error))
    return error


def sentence(error: Exception, status: HTTPStatus) -> str:
    """What to tell the client; nothing from the inside of a failure that nobody foresaw."""
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return INTERNAL
    if isinstance(error, Http404):
        return str(error) or "There is nothing under this address."
    return str(getattr(error, "detail", None) or str(error) or status.description)
