"""`campaigns/`: what there is, a new one, and the steps of a person."""

from collections.abc import Callable
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

from monitor import campaigns
from monitor.api.bodies import Json, checked, error
from monitor.api.parameters import Parameter, conditions, words
from monitor.api.permissions import MayAct
from monitor.api.problems import Problem
from monitor.api.repeats import once_per_key
from monitor.api.stops import DRY_RUN, is_dry
from monitor.api.views import Filters, Resource
from monitor.outlook import outlook
from processing import control
from processing.core.states import CampaignKind, CampaignState
from processing.models import Campaign
from processing.models.census import census

FIELDS = [
    "id", "name", "kind", "state", "instruments", "modes", "first", "last", "newest_first", "certificate", "release",
    "per_hour", "priority", "window", "take_skipped", "source", "missing", "who", "created", "begun", "ended",
]  # fmt: skip
KINDS = (CampaignKind.BACK, CampaignKind.AGAIN)
MOST_NAMES = 1000


class CampaignSerializer(serializers.ModelSerializer[Campaign]):
    """A campaign as it was asked for, and its state."""

    certificate = serializers.SerializerMethodField()

    class Meta:
        model = Campaign
        fields = FIELDS
        read_only_fields = fields

    def get_certificate(self, row: Campaign) -> str:
        """NAME:VERSION; empty: the versions in force."""
        return f"{row.certificate.name}:{row.certificate.version}" if row.certificate else ""


class EtaShape(serializers.Serializer[Any]):
    """When it will be done; between earliest and latest in four of five cases."""

    at = serializers.DateTimeField()
    earliest = serializers.DateTimeField()
    latest = serializers.DateTimeField()
    progress = serializers.FloatField()
    per_hour = serializers.FloatField()
    factor = serializers.FloatField()
    busy = serializers.FloatField()


class ProgressShape(CampaignSerializer):
    """A campaign with its jobs counted."""

    jobs = serializers.DictField(child=serializers.IntegerField())
    eta = EtaShape(allow_null=True)

    class Meta(CampaignSerializer.Meta):
        fields = [*FIELDS, "jobs", "eta"]
        read_only_fields = fields


class PreviewShape(serializers.Serializer[Any]):
    """What a campaign would do."""

    run = serializers.IntegerField()
    not_run = serializers.IntegerField()
    reasons = serializers.DictField(child=serializers.IntegerField())
    other_modes = serializers.IntegerField()
    worker_hours = serializers.FloatField()
    disk_gb = serializers.FloatField(allow_null=True)
    missing = serializers.ListField(child=serializers.ListField(child=serializers.CharField()))


class WantedCampaign(serializers.Serializer[Any]):
    """The body that makes a campaign."""

    name = serializers.CharField(max_length=60)
    kind = serializers.ChoiceField(choices=KINDS)
    instruments = serializers.ListField(child=serializers.CharField(max_length=16), min_length=1, max_length=50)
    first = serializers.DateField()
    last = serializers.DateField()
    modes = serializers.ListField(child=serializers.CharField(max_length=64), default=list, max_length=100)
    newest_first = serializers.BooleanField(default=False)
    certificate = serializers.CharField(max_length=100, allow_blank=True, default="")
    release = serializers.CharField(max_length=60, allow_blank=True, default="")
    per_hour = serializers.IntegerField(min_value=1, max_value=1_000_000, allow_null=True, default=None)
    priority = serializers.IntegerField(min_value=-100, max_value=100, default=0)
    window = serializers.CharField(max_length=11, allow_blank=True, default="")
    take_skipped = serializers.BooleanField(default=False)
    names = serializers.ListField(
        child=serializers.CharField(max_length=128), default=list, max_length=MOST_NAMES, help_text="Only these ABs"
    )


class Why(serializers.Serializer[Any]):
    """The body of a step."""

    reason = serializers.CharField(max_length=500)


class Campaigns(ListAPIView[Campaign]):
    """Campaigns, the newest first; POST makes one."""

    queryset = Campaign.objects.select_related("certificate").defer("names")
    serializer_class = CampaignSerializer
    filter_backends = (Filters,)
    permission_classes = (IsAuthenticated, MayAct)
    parser_classes = (Json,)
    acting = "processing.run_campaign"
    bodies: ClassVar = {"post": WantedCampaign}
    answers: ClassVar = {
        "post": PolymorphicProxySerializer("CampaignOrPreview", [CampaignSerializer, PreviewShape], None)
    }
    codes: ClassVar = {"post": (201,)}
    switches: ClassVar = {"post": DRY_RUN}
    ordering = ("-id",)
    parameters: ClassVar = {"state": Parameter("state__in", words(CampaignState))}

    @once_per_key
    def post(self, request: Request) -> Response:
        """Make a campaign: 201, and a worker puts its ABs in; with `dry_run`, only what it would do."""
        dry_run = is_dry(request)
        sent = checked(request, WantedCampaign)
        try:
            row = control.plan_campaign(sent | ({"source": Campaign.Source.LIST} if sent["names"] else {}))
            if dry_run:
                return Response(shown(control.preview_campaign(row), row))
            control.create_campaign(row, request.user.get_username())
        except control.BadPlan as bad:
            errors = [error(field, text) for field, said in bad.faults.items() for text in said]
            raise Problem(HTTPStatus.BAD_REQUEST, str(bad), errors) from bad
        address = reverse("api:campaign", args=(row.pk,))
        return Response(CampaignSerializer(row).data, HTTPStatus.CREATED, headers={"Location": address})


def shown(found: control.CampaignPreview, row: Campaign) -> dict[str, Any]:
    """A preview."""
    return {
        "run": found.run,
        "not_run": found.not_run,
        "reasons": {f"{state} {reason}": number for (state, reason), number in sorted(found.left.items())},
        "other_modes": found.outside,
        "worker_hours": found.seconds / 3600,
        "disk_gb": found.disk(),
        "missing": found.missing(row),
    }


def progress(row: Campaign) -> dict[str, Any]:
    """A campaign with its jobs counted, and when it will be done."""
    counted = census(row)
    eta, counts = outlook(row, counted), campaigns.whole(campaigns.parts(counted)).counts
    return {**CampaignSerializer(row).data, "jobs": counts, "eta": EtaShape(eta).data if eta else None}


class CampaignDetail(Resource):
    """One campaign."""

    answers: ClassVar = {"get": ProgressShape}

    def get(self, _request: Request, pk: int) -> Response:
        """What it is, how far it is, when it will be done."""
        return Response(progress(found(pk)))


class Step(APIView):
    """A step of a person; subclasses say which."""

    take: Callable[..., bool]
    permission_classes = (IsAuthenticated, MayAct)
    parser_classes = (Json,)
    acting = "processing.run_campaign"
    bodies: ClassVar = {"post": Why}
    answers: ClassVar = {"post": ProgressShape}

    @once_per_key
    def post(self, request: Request, pk: int) -> Response:
        """The campaign after the step; 409 if its state does not allow it."""
        conditions(request.query_params, {}, paged=False)
        row, why = found(pk), checked(request, Why)["reason"]
        try:
            done = type(self).take(row, request.user.get_username(), why)
        except ValueError as refused:
            raise Problem(HTTPStatus.CONFLICT, str(refused)) from refused
        if not done:
            raise Problem(HTTPStatus.CONFLICT, f"{row} is {row.fresh().state}.")
        return Response(progress(found(pk)))


class Pause(Step):
    """Start nothing more of it."""

    take = control.pause_campaign


class Resume(Step):
    """Go on after a pause."""

    take = control.resume_campaign


class Cancel(Step):
    """Give it up."""

    take = control.cancel_campaign


def found(pk: int) -> Campaign:
    """The campaign of this number."""
    row = Campaign.objects.select_related("certificate").filter(pk=pk).first()
    if row is None:
        raise Http404(f"There is no campaign {pk}.")
    return row
