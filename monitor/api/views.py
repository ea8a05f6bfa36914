"""The resources that can be read by those who are logged in."""

import datetime
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar

from django.db.models import Exists, OuterRef, Prefetch, QuerySet, prefetch_related_objects
from django.http import Http404, HttpResponse
from rest_framework.exceptions import NotFound
from rest_framework.filters import BaseFilterBackend
from rest_framework.generics import ListAPIView
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from monitor import attempt
from monitor.api import serializers, shapes
from monitor.api.conditional import weak
from monitor.api.cursors import both
from monitor.api.parameters import Parameter, conditions, day, text, whole, words
from monitor.api.problems import Problem
from monitor.board import Night
from monitor.dates import date_of, tally_of
from monitor.tallies import tallies
from processing import control
from processing.core.errors import BadAB
from processing.core.states import JobState
from processing.models import AssociationBlock, Job, JobLog, ProcessingDate

JOBS = Job.objects.select_related("block", "campaign", "certificate", "date__instrument").prefetch_related("products")


class Filters(BaseFilterBackend):
    """The view's `parameters` as conditions on its rows."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: APIView) -> QuerySet[Any]:
        """Only the rows that fit every parameter given."""
        return queryset.filter(**conditions(request.query_params, getattr(view, "parameters", {})))


class Resource(APIView):
    """One thing: takes no parameters unless it says so."""

    http_method_names: tuple[str, ...] = ("get", "head", "options")
    parameters: ClassVar[Mapping[str, Parameter]] = {}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse unknown parameters before anything is looked up."""
        super().initial(request, *args, **kwargs)
        conditions(request.query_params, self.parameters, paged=False)


class Retry(APIView):
    """What there is not: a second attempt."""

    http_method_names = ("get", "head", "post", "put", "patch", "delete", "options")
    permission_classes = (AllowAny,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refused, whatever the method, with the rule."""
        detail = (
            "An AB has one attempt in each campaign, and no way back: there is no retry. "
            "A re-processing campaign gives it a new job."
        )
        raise Problem(HTTPStatus.METHOD_NOT_ALLOWED, detail, kind="one-attempt")


class NothingHere(APIView):
    """Any other address below the API."""

    permission_classes = (AllowAny,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Not found, whatever the method."""
        raise NotFound("There is no such resource.")


class Status(Resource):
    """Whether processing may run, what it does, how much is left."""

    answers: ClassVar = {"get": shapes.StatusShape}

    def get(self, _request: Request) -> Response:
        """The cheapest complete answer; its tag does not change with the clock alone."""
        found = control.status()
        still = {
            "instruments": [{**one, "next_opening": None} for one in found["instruments"]],
            "workers": [{**worker, "seen": None} for worker in found["workers"]],
        }
        tag = weak({**found, **still}, ("now",))
        return Response({"version": control.VERSION, **found}, headers={"ETag": tag})


class Dates(ListAPIView[ProcessingDate]):
    """Processing dates, the newest first."""

    queryset = ProcessingDate.objects.all()
    serializer_class = shapes.NightShape
    filter_backends = (Filters,)
    ordering = ("-date", "instrument_id")
    orderings: ClassVar = both("date", "date", "instrument_id") | both("instrument", "instrument_id", "date")
    parameters: ClassVar = {
        "instrument": Parameter("instrument", text),
        "date": Parameter("date", day),
    }

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A page, each date with its jobs counted."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        counted = tallies(list(page))
        return self.get_paginated_response([serializers.night(Night(date, counted[date.pk])) for date in page])


class DateDetail(Resource):
    """One processing date."""

    answers: ClassVar = {"get": shapes.NightShape}

    def get(self, _request: Request, instrument: str, day: datetime.date) -> Response:
        """The date with its jobs counted."""
        try:
            date = date_of(instrument, day)
        except ProcessingDate.DoesNotExist:
            raise Http404(f"There is no processing date {instrument} {day}.") from None
        return Response(serializers.night(Night(date, tally_of(date))))


class BlockFilters(BaseFilterBackend):
    """The parameters of `abs/`; a state is one of the AB's jobs'."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: APIView) -> QuerySet[Any]:
        """Only the ABs that fit every parameter given."""
        found = conditions(request.query_params, getattr(view, "parameters", {}))
        if states := found.pop("state", None):
            queryset = queryset.filter(Exists(Job.objects.filter(block=OuterRef("pk"), state__in=states)))
        return queryset.filter(**found)


class Blocks(ListAPIView[AssociationBlock]):
    """ABs by name."""

    queryset = AssociationBlock.objects.select_related("date").prefetch_related(
        "raws", Prefetch("jobs", Job.objects.select_related("campaign"))
    )
    serializer_class = serializers.BlockSerializer
    filter_backends = (BlockFilters,)
    ordering = ("name",)
    orderings: ClassVar = both("name", "name") | both("date", "date__date", "name") | both("mjd_obs", "mjd_obs", "name")
    parameters: ClassVar = {
        "instrument": Parameter("date__instrument", text),
        "date": Parameter("date__date", day),
        "state": Parameter("state", words(JobState)),
        "prog_id": Parameter("prog_id", text),
        "ob_id": Parameter("ob_id", text),
    }

    def get_queryset(self) -> QuerySet[AssociationBlock]:
        """Without the texts."""
        return super().get_queryset().defer("text")


class OfBlock(Resource):
    """What belongs to one AB; of several jobs the newest, or that of `campaign`."""

    parameters: ClassVar[Mapping[str, Parameter]] = {"campaign": Parameter("campaign__name", text)}

    def block(self, name: str) -> AssociationBlock:
        """The AB, with or without `.ab`."""
        try:
            return AssociationBlock.objects.select_related("date").named(name)
        except AssociationBlock.DoesNotExist:
            raise Http404(f"There is no AB {name}.") from None

    def job(self, name: str) -> Job:
        """The AB's job that is asked for."""
        found = conditions(self.request.query_params, self.parameters, paged=False)
        found.pop("from_line", None)
        job = JOBS.filter(block=self.block(name), **found).last()
        if job is None:
            raise Http404(f"{name} has no job in this campaign.")
        return job


class BlockDetail(OfBlock):
    """One AB with its text and its jobs."""

    parameters: ClassVar[Mapping[str, Parameter]] = {}
    answers: ClassVar = {"get": serializers.WholeBlockSerializer}

    def get(self, _request: Request, name: str) -> Response:
        """Everything that the AB says of itself."""
        block = self.block(name)
        prefetch_related_objects([block], "raws", Prefetch("jobs", JOBS))
        return Response(serializers.WholeBlockSerializer(block).data)


class Associations(OfBlock):
    """The calibrations that the AB names, and which of them the recipe gets."""

    answers: ClassVar = {"get": shapes.AssociationShape(many=True)}

    def get(self, _request: Request, name: str) -> Response:
        """In the AB's own order, MCALIBs first."""
        job = self.job(name)
        try:
            return Response([serializers.association(row) for row in attempt.associations(job.block.value, job)])
        except BadAB as bad:
            # After a change of the column layout.
            raise Problem(HTTPStatus.CONFLICT, str(bad)) from bad


class Scores(OfBlock):
    """Scores with their thresholds, and QC1 parameters."""

    answers: ClassVar = {"get": shapes.ScoresShape}

    def get(self, _request: Request, name: str) -> Response:
        """Both score strings; not finite parameters are null with a mark."""
        job = self.job(name)
        return Response(
            {
                "association_flags": job.association_flags,
                "processing_flags": job.processing_flags,
                "scores": serializers.ScoreSerializer(job.scores.all(), many=True).data,
                "qc1": serializers.Qc1Serializer(job.qc1.all(), many=True).data,
            }
        )


class Products(OfBlock):
    """The archived products of an AB."""

    answers: ClassVar = {"get": serializers.ProductSerializer(many=True)}

    def get(self, _request: Request, name: str) -> Response:
        """In the order of their registration."""
        products = self.job(name).products.select_related("ingestion")
        return Response(serializers.ProductSerializer(products, many=True).data)


class PlainText(JSONRenderer):
    """Offers plain text in the choice of a format; what it renders are the problems, as JSON."""

    media_type = "text/plain"


class Log(OfBlock):
    """The log of the AB's recipe."""

    renderer_classes = (PlainText, JSONRenderer)
    parameters: ClassVar[Mapping[str, Parameter]] = {**OfBlock.parameters, "from_line": Parameter("from_line", whole)}

    def get(self, request: Request, name: str) -> HttpResponse:
        """As kept, or from one of its lines on (the first is 1); empty as long as there is none."""
        start = conditions(request.query_params, self.parameters, paged=False).get("from_line", 0)
        found = JobLog.objects.filter(job=self.job(name)).first() or JobLog()
        if found.kept is None:
            raise NotFound(found.gone)
        kept = found.kept.text
        text = "".join(kept.splitlines(keepends=True)[start - 1 :]) if start > 1 else kept
        return HttpResponse(text.encode(errors="replace"), content_type="text/plain; charset=utf-8")
