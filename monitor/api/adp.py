"""What everybody may know of a raw frame: was it processed, with what result, where is the product?"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Any, ClassVar, NamedTuple

from django.db.models import OuterRef, QuerySet
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from monitor.api.bodies import Json, checked
from monitor.api.pages import PARAMETERS, SHAPES, Pages
from monitor.api.parameters import LONGEST, Parameter, conditions, day, text
from monitor.api.problems import Problem
from monitor.api.shapes import VocabularyShape
from monitor.api.views import Resource
from monitor.nested import Rows
from processing.core.states import TROUBLE, UNFINISHED, JobState, ProductState, Reason
from processing.models import Product, RawFrame
from processing.models.composed import Composed, GivenList

MOST = 1000
VERSION = 1
# Seconds for which a cache may repeat an answer.
FRESH = 60


class Status(StrEnum):
    """The closed vocabulary.  A frame of several jobs has the first of theirs in this order."""

    PROCESSED = "PROCESSED"
    WAITING = "WAITING"
    FAILED = "FAILED"
    MISSING_CALIBRATION = "MISSING_CALIBRATION"
    VIRTUAL_CALIBRATION = "VIRTUAL_CALIBRATION"
    NOT_CERTIFIED = "NOT_CERTIFIED"
    SKIPPED = "SKIPPED"
    NOT_PROCESSED = "NOT_PROCESSED"
    UNKNOWN = "UNKNOWN"


SENTENCES: Mapping[Status, str] = {
    Status.PROCESSED: "Processed; the products are in the archive.",
    Status.WAITING: "Taken in; there is no result yet.",
    Status.FAILED: "Processing failed. There is no second attempt.",
    Status.MISSING_CALIBRATION: "Not processed: a calibration that is needed is missing.",
    Status.VIRTUAL_CALIBRATION: "Not processed: a calibration that is needed was not yet certified.",
    Status.NOT_CERTIFIED: "Not processed: the instrument mode is not certified for automatic processing.",
    Status.SKIPPED: "Not processed: it was due while processing was stopped.",
    Status.NOT_PROCESSED: "Not processed: the data are not meant for automatic processing.",
    Status.UNKNOWN: "Not known here: no association block with this frame was taken in.",
}
_REJECTED: Mapping[str, Status] = {
    Reason.MISSING_CALIBRATION: Status.MISSING_CALIBRATION,
    Reason.VIRTUAL_CALIBRATION: Status.VIRTUAL_CALIBRATION,
    Reason.NOT_CERTIFIED: Status.NOT_CERTIFIED,
}
_ORDER = list(Status)
FILTERS: Mapping[str, Parameter] = {
    "prog_id": Parameter("block__prog_id", text),
    "ob_id": Parameter("block__ob_id", text),
    "date": Parameter("block__date__date", day),
    "instrument": Parameter("block__date__instrument", text),
}


class DatasetSerializer(serializers.Serializer[Any]):
    """What became of one raw frame."""

    dp_id = serializers.CharField()
    status = serializers.ChoiceField(choices=_ORDER)
    sentence = serializers.CharField()
    products = serializers.ListField(child=serializers.CharField())
    instrument = serializers.CharField(allow_null=True)
    date = serializers.DateField(allow_null=True)
    updated = serializers.DateTimeField(allow_null=True)


def status_of(state: str, reason: str) -> Status:
    """What a job's state and reason are called outside."""
    if state in UNFINISHED:
        return Status.WAITING
    if state in TROUBLE:
        return Status.FAILED
    if state == JobState.REJECTED:
        return _REJECTED.get(reason, Status.NOT_PROCESSED)
    return Status.PROCESSED if state == JobState.INGESTED else Status.SKIPPED


PATHS = ("pk", "state", "reason", "date__instrument_id", "date__date", "ended", "processed", "claimed", "registered")


class Attempt(NamedTuple):
    """What is asked of a job."""

    pk: int
    state: str
    reason: str
    instrument: str
    date: date
    ended: datetime | None
    processed: datetime | None
    claimed: datetime | None
    registered: datetime
    made: Sequence[Mapping[str, str]]

    @property
    def status(self) -> Status:
        """What its state is called outside."""
        return status_of(self.state, self.reason)

    @property
    def updated(self) -> datetime:
        """When it came into its state."""
        return self.ended or self.processed or self.claimed or self.registered


class Public(Resource):
    """What everybody may ask: without a login, and so the same for all, and kept by caches for a minute."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Say so to caches, of what was answered."""
        found = super().finalize_response(request, response, *args, **kwargs)
        if found.status_code == HTTPStatus.OK:
            found.headers["Cache-Control"] = f"public, max-age={FRESH}"
        return found


class Vocabulary(Public):
    """Every status with its sentence."""

    answers: ClassVar = {"get": VocabularyShape}

    def get(self, _request: Request) -> Response:
        """Words are added in a new version only."""
        listed = [{"status": status, "sentence": sentence} for status, sentence in SENTENCES.items()]
        return Response({"version": VERSION, "vocabulary": listed})


class Names(Json):
    """A body with many names."""

    most = 256 * 2**10


class DatasetPage(serializers.Serializer[Any]):
    """The answers; there is no other page."""

    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = DatasetSerializer(many=True)


class Question(serializers.Serializer[Any]):
    """The body that asks for many frames."""

    dp_ids = serializers.ListField(child=serializers.CharField(max_length=LONGEST), min_length=1, max_length=MOST)


class Datasets(Public):
    """One answer per raw frame: by name in the order asked, or a page of those that fit the other filters."""

    http_method_names = ("get", "head", "options", "post")
    parser_classes = (Names,)
    pagination_class = Pages
    bodies: ClassVar = {"post": Question}
    answers: ClassVar = {"post": DatasetPage}
    parameters: ClassVar = {**FILTERS, "dp_id": Parameter("dp_id", text)}
    serializer_class = DatasetSerializer
    ordering = ("dp_id",)
    is_list = True

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """The parameters are looked at by `get`."""
        super(Resource, self).initial(request, *args, **kwargs)

    def get(self, request: Request) -> Any:
        """At least one filter is needed."""
        pages = Pages()
        if "dp_id" in request.query_params:
            return pages.complete(datasets(asked(request)), request, self)
        found = conditions(request.query_params, {**FILTERS, "dp_id": Parameter("", text)})
        if not found:
            raise Problem(HTTPStatus.BAD_REQUEST, f"At least one filter is needed: dp_id, {', '.join(FILTERS)}.")
        frames = RawFrame.objects.filter(**found).order_by("dp_id").values("dp_id").distinct()
        page = pages.paginate_queryset(frames, request, self)
        return pages.get_paginated_response(datasets([frame["dp_id"] for frame in page]))

    def post(self, request: Request) -> Response:
        """Up to 1,000 frames by name; a question, so that nothing is changed."""
        conditions(request.query_params, {}, paged=False)
        return Response(
            {"next": None, "previous": None, "results": datasets(names(checked(request, Question)["dp_ids"]))}
        )


def asked(request: Request) -> list[str]:
    """The names asked for in the address."""
    others = request.query_params.copy()
    given = others.pop("dp_id")
    taken = [*FILTERS, *(name for name in PARAMETERS if name not in SHAPES)]
    if mixed := [name for name in others if name in taken]:
        raise Problem(HTTPStatus.BAD_REQUEST, f"dp_id names the frames; it does not go with {', '.join(mixed)}.")
    conditions(others, {name: Parameter(name, text) for name in SHAPES}, paged=False)
    return names([name for value in given for name in value.split(",")])


def names(given: Sequence[str]) -> list[str]:
    """The names asked for, each once, without `.fits`."""
    found = [name.strip().removesuffix(".fits") for name in given]
    if not all(found) or len(found) > MOST:
        raise Problem(HTTPStatus.BAD_REQUEST, f"dp_id names 1 to {MOST} frames, none of them empty.")
    if any("\0" in name for name in found):
        raise Problem(HTTPStatus.BAD_REQUEST, "dp_id holds a NUL character.")
    return list(dict.fromkeys(found))


def datasets(names: Sequence[str]) -> list[dict[str, Any]]:
    """What is known of each frame, in this order; one query."""
    found: dict[str, list[Attempt]] = defaultdict(list)
    for name, *values in ATTEMPTS.ask(names=json.dumps(names)):
        found[name].append(Attempt(*values))
    return [dataset(name, found[name]) for name in names]


def attempts() -> QuerySet[RawFrame, Any]:
    """The jobs of the frames whose names are given, each with its current products."""
    current = Product.objects.filter(job=OuterRef("block__jobs__pk"), state=ProductState.CURRENT).order_by("id")
    frames = RawFrame.objects.filter(dp_id__in=GivenList("names"), block__jobs__isnull=False).order_by()
    columns = (f"block__jobs__{path}" for path in PATHS)
    found: QuerySet[RawFrame, Any] = frames.values("dp_id", *columns, made=Rows(current, "dp_id"))
    return found


ATTEMPTS = Composed(attempts)


def dataset(name: str, jobs: Sequence[Attempt]) -> dict[str, Any]:
    """One frame's answer.  Nothing of the operators: no hosts, no logs, no sentences of jobs."""
    ranked = sorted(jobs, key=lambda job: (_ORDER.index(job.status), -job.pk))
    job = ranked[0] if ranked else None
    status = job.status if job else Status.UNKNOWN
    return {
        "dp_id": name,
        "status": status,
        "sentence": SENTENCES[status],
        "products": [product["dp_id"] for one in ranked for product in one.made],
        "instrument": job.instrument if job else None,
        "date": job.date if job else None,
        "updated": job.updated if job else None,
    }
