"""`stops/`: what was stopped, the way to stop, and the way to resume."""

from collections.abc import Mapping
from dataclasses import asdict
from http import HTTPStatus
from typing import Any, ClassVar

from django.http import Http404
from django.urls import reverse
from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from monitor import stops
from monitor.api.bodies import Json, checked
from monitor.api.parameters import Parameter, conditions, text, truth
from monitor.api.permissions import MayAct
from monitor.api.repeats import once_per_key
from monitor.api.serializers import StopSerializer
from monitor.api.shapes import DryStopShape, ResumptionShape
from monitor.api.views import Filters, Resource
from processing import control
from processing.models import Instrument, Stop

DRY_RUN: Mapping[str, Parameter] = {"dry_run": Parameter("dry_run", truth)}


def scope(value: str) -> str:
    """An instrument, or nothing for a stop of all."""
    return value and text(value)


class Wanted(serializers.Serializer[Any]):
    """The body that stops."""

    scope = serializers.CharField(allow_blank=True, max_length=16)
    mode = serializers.ChoiceField(choices=Stop.Mode.choices, default=Stop.Mode.DRAIN)
    reason = serializers.CharField(max_length=stops.LONGEST_REASON)

    def validate_scope(self, name: str) -> str:
        """An instrument that is known, or all of them."""
        if name and not Instrument.objects.filter(pk=name).exists():
            raise serializers.ValidationError(f"no instrument {name!r} is known")
        return name


class Resumption(serializers.Serializer[Any]):
    """The body that resumes."""

    backlog = serializers.BooleanField(default=False)


class Stops(ListAPIView[Stop]):
    """Stops, the newest first; POST stops."""

    queryset = Stop.objects.all()
    serializer_class = StopSerializer
    filter_backends = (Filters,)
    permission_classes = (IsAuthenticated, MayAct)
    parser_classes = (Json,)
    acting = "processing.add_stop"
    bodies: ClassVar = {"post": Wanted}
    answers: ClassVar = {"post": PolymorphicProxySerializer("StopOrDryRun", [StopSerializer, DryStopShape], None)}
    codes: ClassVar = {"post": (201,)}
    switches: ClassVar = {"post": DRY_RUN}
    ordering = ("-id",)
    parameters: ClassVar = {
        "scope": Parameter("scope", scope),
        "active": Parameter("resumed__isnull", truth),
    }

    @once_per_key
    def post(self, request: Request) -> Response:
        """Stop: 201, or 200 if it was stopped already; with `dry_run`, only what that would concern."""
        dry_run = is_dry(request)
        wanted = checked(request, Wanted)
        if dry_run:
            jobs = stops.touched(wanted["scope"])
            return Response({**wanted, "running": jobs.running, "waiting": jobs.waiting})
        before = control.active_stop(wanted["scope"])
        terminate = wanted["mode"] == Stop.Mode.TERMINATE
        row = control.stop(wanted["scope"], wanted["reason"], request.user.get_username(), terminate=terminate)
        status = HTTPStatus.OK if before else HTTPStatus.CREATED
        return Response(StopSerializer(row).data, status, headers={"Location": reverse("api:stop", args=(row.pk,))})


class StopDetail(Resource):
    """One stop."""

    answers: ClassVar = {"get": StopSerializer}

    def get(self, _request: Request, pk: int) -> Response:
        """Who, since when, why, until when."""
        return Response(StopSerializer(found(pk)).data)


class Resume(APIView):
    """The end of a stop."""

    permission_classes = (IsAuthenticated, MayAct)
    parser_classes = (Json,)
    acting = "processing.change_stop"
    bodies: ClassVar = {"post": Resumption}
    answers: ClassVar = {"post": ResumptionShape}
    switches: ClassVar = {"post": DRY_RUN}

    @once_per_key
    def post(self, request: Request, pk: int) -> Response:
        """How many jobs go on, are skipped, or stay kept by another stop; with `dry_run`, how many would."""
        dry_run = is_dry(request)
        row, backlog = found(pk), checked(request, Resumption)["backlog"]
        if dry_run:
            return Response(asdict(stops.preview(row, backlog=backlog)))
        return Response(asdict(stops.resume(row, request.user.get_username(), backlog=backlog)))


def is_dry(request: Request) -> bool:
    """True if nothing shall be changed."""
    return bool(conditions(request.query_params, DRY_RUN, paged=False).get("dry_run"))


def found(pk: int) -> Stop:
    """The stop of this number."""
    row = Stop.objects.filter(pk=pk).first()
    if row is None:
        raise Http404(f"There is no stop {pk}.")
    return row
