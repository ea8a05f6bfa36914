"""POST `abs/`: takes in AB texts, one as the body or many as files."""

from collections.abc import Callable, Iterable, Sequence
from http import HTTPStatus
from typing import Any, ClassVar

from django.core.files.uploadedfile import UploadedFile
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import serializers
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from monitor.api.parameters import Parameter, conditions, text, truth
from monitor.api.permissions import MayAct
from monitor.api.problems import Problem
from monitor.api.views import Blocks
from processing import control
from processing.control import Outcome
from processing.core.ab import MAX_BYTES

MOST_FILES = 500
# Of a body with many files: on average 200 kB each, a multiple of what ABs have.
MOST_BYTES = 100 * 2**20
OPTIONS = {"name": Parameter("name", text), "dry_run": Parameter("dry_run", truth)}
Act = Callable[[Iterable[tuple[bytes, str]]], Iterable[Outcome]]


class OneText(BaseParser):
    """The body as bytes: what they mean is the AB parser's matter."""

    media_type = "text/plain"

    def parse(self, stream: Any, *_args: Any, **_kwargs: Any) -> dict[str, bytes]:
        """All of it as `content`; its length was checked before."""
        return {"content": stream.read()}


class Form(serializers.Serializer[Any]):
    """A form with many files."""

    files = serializers.ListField(child=serializers.FileField(), max_length=MOST_FILES)


class OutcomeShape(serializers.Serializer[Any]):
    """What became of one AB file."""

    file = serializers.CharField()
    result = serializers.ChoiceField(choices=("REGISTERED", "UNCHANGED", "REFUSED"))
    name = serializers.CharField()
    state = serializers.CharField()
    reason = serializers.CharField()
    sentence = serializers.CharField()
    line = serializers.IntegerField()


class OutcomesShape(serializers.Serializer[Any]):
    """One outcome per file."""

    results = OutcomeShape(many=True)


class RegisteringBlocks(Blocks):
    """`abs/`: the list, and the way in."""

    permission_classes = (IsAuthenticated, MayAct)
    acting = "processing.add_associationblock"
    bodies: ClassVar = {"post": {"text/plain": OpenApiTypes.STR, "multipart/form-data": Form}}
    answers: ClassVar = {
        "post": PolymorphicProxySerializer("OutcomeOrOutcomes", [OutcomeShape, OutcomesShape], None),
    }
    codes: ClassVar = {"post": (201,)}
    switches: ClassVar = {"post": OPTIONS}
    parser_classes = (OneText, MultiPartParser)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse a body that is too long before a byte of it is read."""
        limit = MOST_BYTES if has_files(request) else MAX_BYTES
        if int(request.META.get("CONTENT_LENGTH") or 0) > limit:
            detail = f"The body may have {limit // 2**20} MB."
            raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)
        super().initial(request, *args, **kwargs)

    def post(self, request: Request) -> Response:
        """Register one text (201, or 200 if it was known) or many files (`results`, one per file).

        With `dry_run` the same is answered (200), and nothing is stored.
        """
        options = conditions(request.query_params, OPTIONS, paged=False)
        act: Act = control.judge_contents if options.get("dry_run") else control.register_contents
        if has_files(request):
            answer = many([file for _, files in request.FILES.lists() for file in files], act)
        else:
            body: Any = request.data
            [outcome] = act([(body.get("content", b""), options.get("name", "body"))])
            answer = one(outcome)
        if options.get("dry_run"):
            # Nothing was made, and nothing is there yet.
            answer.status_code = HTTPStatus.OK
            answer.headers.pop("Location", None)
        return answer


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


def many(files: "Sequence[UploadedFile[Any]]", act: Act) -> Response:
    """The answer to many files: a bad one does not keep the others."""
    if not files:
        raise Problem(HTTPStatus.BAD_REQUEST, "The form has no files.")
    if len(files) > MOST_FILES:
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"At most {MOST_FILES} files in one call.")
    # One byte more than allowed is enough to know.
    outcomes = [*act((file.read(MAX_BYTES + 1), file.name or "file") for file in files)]
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
