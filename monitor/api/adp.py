"""What everybody may know of a raw frame: was it processed, with what result, where is the product?"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from django.db.models import Prefetch
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from monitor.api.pages import PARAMETERS, Pages
from monitor.api.parameters import Parameter, conditions, day, text
from monitor.api.problems import Problem
from monitor.api.views import Resource
from processing.core.states import TROUBLE, UNFINISHED, JobState, ProductState, Reason
from processing.models import Job, Product, RawFrame

MOST = 1000
VERSION = 1


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


def status_of(state: str, reason: str) -> Status:
    """What a job's state and reason are called outside."""
    if state in UNFINISHED:
        return Status.WAITING
    if state in TROUBLE:
        return Status.FAILED
    if state == JobState.REJECTED:
        return _REJECTED.get(reason, Status.NOT_PROCESSED)
    return Status.PROCESSED if state == JobState.INGESTED else Status.SKIPPED


class Vocabulary(Resource):
    """Every status with its sentence."""

    permission_classes = (AllowAny,)

    def get(self, _request: Request) -> Response:
        """Words are added in a new version only."""
        listed = [{"status": status, "sentence": sentence} for status, sentence in SENTENCES.items()]
        return Response({"version": VERSION, "vocabulary": listed})


class Datasets(Resource):
    """One answer per raw frame: by name in the order asked, or a page of those that fit the other filters."""

    permission_classes = (AllowAny,)
    ordering = ("dp_id",)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """The parameters are looked at by `get`."""
        super(Resource, self).initial(request, *args, **kwargs)

    def get(self, request: Request) -> Response:
        """At least one filter is needed."""
        if "dp_id" in request.query_params:
            return Response({"next": None, "previous": None, "results": datasets(asked(request))})
        found = conditions(request.query_params, {**FILTERS, "dp_id": Parameter("", text)})
        if not found:
            raise Problem(HTTPStatus.BAD_REQUEST, f"At least one filter is needed: dp_id, {', '.join(FILTERS)}.")
        pages = Pages()
        frames = RawFrame.objects.filter(**found).order_by("dp_id").values("dp_id").distinct()
        page = pages.paginate_queryset(frames, request, self) or []
        return pages.get_paginated_response(datasets([frame["dp_id"] for frame in page]))


def asked(request: Request) -> list[str]:
    """The names asked for, each once, without `.fits`."""
    others = request.query_params.copy()
    given = others.pop("dp_id")
    if mixed := [name for name in others if name in (*FILTERS, *PARAMETERS)]:
        raise Problem(HTTPStatus.BAD_REQUEST, f"dp_id names the frames; it does not go with {', '.join(mixed)}.")
    conditions(others, {}, paged=False)
    names = [name.strip().removesuffix(".fits") for value in given for name in value.split(",")]
    if not all(names) or len(names) > MOST:
        raise Problem(HTTPStatus.BAD_REQUEST, f"dp_id names 1 to {MOST} frames, none of them empty.")
    if any("\0" in name for name in names):
        raise Problem(HTTPStatus.BAD_REQUEST, "dp_id holds a NUL character.")
    return list(dict.fromkeys(names))


def datasets(names: Sequence[str]) -> list[dict[str, Any]]:
    """What is known of each frame, in this order; four queries."""
    current = Prefetch("products", Product.objects.filter(state=ProductState.CURRENT), to_attr="current")
    jobs = Prefetch("block__jobs", Job.objects.select_related("date").prefetch_related(current))
    frames = (
        RawFrame.objects.filter(dp_id__in=names).select_related("block").defer("block__text").prefetch_related(jobs)
    )
    found: dict[str, list[Job]] = defaultdict(list)
    for frame in frames:
        found[frame.dp_id] += frame.block.jobs.all()
    return [dataset(name, found[name]) for name in names]


def dataset(name: str, jobs: Sequence[Job]) -> dict[str, Any]:
    """One frame's answer.  Nothing of the operators: no hosts, no logs, no sentences of jobs."""
    ranked = sorted(jobs, key=lambda job: (_ORDER.index(status_of(job.state, job.reason)), -job.pk))
    job = ranked[0] if ranked else None
    status = status_of(job.state, job.reason) if job else Status.UNKNOWN
    return {
        "dp_id": name,
        "status": status,
        "sentence": SENTENCES[status],
        "products": [product.dp_id for job in ranked for product in job.current],  # type: ignore[attr-defined]
        "instrument": job.date.instrument_id if job else None,
        "date": job.date.date if job else None,
        "updated": updated(job) if job else None,
    }


def updated(job: Job) -> datetime:
    """When the job came into its state."""
    return job.ended or job.processed or job.claimed or job.registered
