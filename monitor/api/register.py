"""POST `abs/`: takes in AB texts, one as the body or many as files."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.urls import reverse
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from monitor.api.parameters import Parameter, conditions, text
from monitor.api.permissions import MayAct
from monitor.api.problems import Problem
from monitor.api.views import Blocks
from processing import control
from processing.control import Outcome
from processing.core.ab import MAX_BYTES

MOST_FILES = 500
# Of a body with many files: on average 200 kB each, a multiple of what ABs have.
MOST_BYTES = 100 * 2**20
NAME = {"name": Parameter("name", text)}


class OneText(BaseParser):
    """The body as bytes: what they mean is the AB parser's matter."""

    media_type = "text/plain"

    def parse(self, stream: Any, *_args: Any, **_kwargs: Any) -> dict[str, bytes]:
        """All of it as `content`; its length was checked before."""
        return {"content": stream.read()}


class RegisteringBlocks(Blocks):
    """`abs/`: the list, and the way in."""

    permission_classes = (IsAuthenticated, MayAct)
    acting = "processing.add_associationblock"
    parser_classes = (OneText, MultiPartParser)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse a body that is too long before a byte of it is read."""
        limit = MOST_BYTES if has_files(request) else MAX_BYTES
        if int(request.META.get("CONTENT_LENGTH") or 0) > limit:
            detail = f"The body may have {limit // 2**20} MB."
            raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)
        super().initial(request, *args, **kwargs)

    def post(self, request: Request) -> Response:
        """Register one text (201, or 200 if it was known) or many files (`results`, one per file)."""
        name = conditions(request.query_params, NAME, paged=False).get("name", "body")
        if has_files(request):
            return many([file for _, files in request.FILES.lists() for file in files])
        body: Any = request.data
        return one(control.register_content(body.get("content", b""), name))


def has_files(request: Request) -> bool:
    """True for a body of many files."""
    return (request.content_type or "").startswith("multipart/")


def one(outcome: Outcome) -> Response:
    """The answer to one text."""
    if outcome.refused:
        raise refusal([outcome])
    created = outcome.result == "REGISTERED"
    status = HTTPStatus.CREATED if created else HTTPStatus.OK
    return Response(outcome.as_dict(), status, headers={"Location": reverse("api:ab", args=(outcome.name,))})


def many(files: "Sequence[UploadedFile[Any]]") -> Response:
    """The answer to many files: a bad one does not keep the others."""
    if not files:
        raise Problem(HTTPStatus.BAD_REQUEST, "The form has no files.")
    if len(files) > MOST_FILES:
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"At most {MOST_FILES} files in one call.")
    # One byte more than allowed is enough to know.
    outcomes = [control.register_content(file.read(MAX_BYTES + 1), file.name or "file") for file in files]
    if all(outcome.refused for outcome in outcomes):
        raise refusal(outcomes)
    created = any(outcome.result == "REGISTERED" for outcome in outcomes)
    status = HTTPStatus.CREATED if created else HTTPStatus.OK
    return Response({"results": [outcome.as_dict() for outcome in outcomes]}, status)


def refusal(outcomes: Sequence[Outcome]) -> Problem:
    """Which file, which line, why."""
    where = [f"{o.file}:{o.line}: {o.sentence}" if o.line else f"{o.file}: {o.sentence}" for o in outcomes]
    errors = [{"file": o.file, "line": o.line, "code": o.reason, "reason": o.sentence} for o in outcomes]
    return Problem(HTTPStatus.BAD_REQUEST, "; ".join(where[:3]), errors)
