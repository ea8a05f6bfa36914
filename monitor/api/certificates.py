"""`certificates/`: versions with content and use, their differences, and the steps of their life."""

from collections.abc import Callable
from dataclasses import asdict
from http import HTTPStatus
from typing import Any, ClassVar, TypeVar

from django.http import Http404
from django.urls import reverse
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from monitor import certificates
from monitor.api.bodies import Json, checked
from monitor.api.bodies import error as item
from monitor.api.conditional import demand, versioned
from monitor.api.parameters import Parameter, conditions, number, text, words
from monitor.api.permissions import MayAct
from monitor.api.problems import Problem
from monitor.api.shapes import ChangeShape
from monitor.api.views import Filters, Resource
from processing import control
from processing.core.certification import BadCertificate
from processing.core.difference import difference
from processing.core.errors import ReviewRefused
from processing.core.states import CertificateState
from processing.models import Certificate

LONGEST_NOTE = 1000
# fmt: off
FIELDS = [
    "instrument", "name", "version", "state", "recipe", "revision", "created", "author", "edited", "editors",
    "certified", "certified_by", "review", "closed", "closed_by", "closed_why",
]
# fmt: on
T = TypeVar("T")


class CertificateSerializer(serializers.ModelSerializer[Certificate]):
    """A version: who drafted, certified, suspended or withdrew it, when and why."""

    class Meta:
        model = Certificate
        fields = FIELDS
        read_only_fields = fields


class WholeSerializer(CertificateSerializer):
    """A version with its content, and the numbers of its jobs and products."""

    content = serializers.DictField(source="terms")
    jobs = serializers.IntegerField(source="job_count")
    waiting = serializers.IntegerField(source="waiting_count")
    products = serializers.IntegerField(source="product_count")

    class Meta(CertificateSerializer.Meta):
        fields = [*FIELDS, "content", "jobs", "waiting", "products"]
        read_only_fields = fields


class Draft(serializers.Serializer[Any]):
    """The body that drafts; `base` is VERSION.REVISION of what the writer started from."""

    content = serializers.DictField()
    base = serializers.CharField(max_length=24, default="")


class Word(serializers.Serializer[Any]):
    """The body of a step: a note or reason, and if so wanted the revision that was read, beside `If-Match`."""

    why = serializers.CharField(max_length=LONGEST_NOTE)
    revision = serializers.IntegerField(min_value=1, max_value=2**31 - 1, required=False)


def found(instrument: str, name: str, version: int) -> Certificate:
    """The version, with what it was used for."""
    row = certificates.used().versions(instrument, name).filter(version=version).first()
    if row is None:
        raise Http404(f"There is no certificate {instrument} {name} version {version}.")
    return row


def life(row: Certificate) -> list[Any]:
    """What a step is held against: the numbers of jobs may change."""
    return [row.pk, row.revision, row.state]


def shown(row: Certificate) -> Response:
    """One version, with the tag that a step must name."""
    facts = WholeSerializer(row).data
    return Response(facts, headers={"ETag": versioned(life(row), facts)})


def allowed(act: Callable[[], T]) -> T:
    """What the act returns; a rule that it breaks as a problem."""
    try:
        return act()
    except BadCertificate as bad:
        errors = [item(f"content.{fault.path}", fault.said) for fault in bad.faults]
        raise Problem(HTTPStatus.BAD_REQUEST, str(bad), errors) from bad
    except ReviewRefused as refused:
        raise Problem(HTTPStatus.CONFLICT, str(refused)) from refused


class Certificates(ListAPIView[Certificate]):
    """All versions; POST drafts."""

    queryset = Certificate.objects.defer("content")
    serializer_class = CertificateSerializer
    filter_backends = (Filters,)
    permission_classes = (IsAuthenticated, MayAct)
    parser_classes = (Json,)
    acting = "processing.draft_certificate"
    bodies: ClassVar = {"post": Draft}
    answers: ClassVar = {"post": WholeSerializer}
    codes: ClassVar = {"post": (201,)}
    ordering = ("instrument", "name", "version")
    parameters: ClassVar = {
        "instrument": Parameter("instrument", text),
        "name": Parameter("name", text),
        "state": Parameter("state__in", words(CertificateState)),
    }

    def post(self, request: Request) -> Response:
        """Draft: 201 for a new version, 200 if the open draft was changed, or if nothing differs."""
        conditions(request.query_params, {}, paged=False)
        sent = checked(request, Draft)
        done = allowed(lambda: control.draft(sent["content"], request.user.get_username(), sent["base"]))
        row = found(done.row.instrument, done.row.name, done.row.version)
        address = reverse("api:certificate", args=(row.instrument, row.name, row.version))
        status = HTTPStatus.CREATED if done.result == "NEW" else HTTPStatus.OK
        answer = shown(row)
        answer.status_code, answer.headers["Location"] = status, address
        return answer


class CertificateDetail(Resource):
    """One version."""

    answers: ClassVar = {"get": WholeSerializer}

    def get(self, _request: Request, instrument: str, name: str, version: int) -> Response:
        """Its life, its content, what it was used for."""
        return shown(found(instrument, name, version))


class Difference(Resource):
    """What differs between two versions."""

    parameters: ClassVar = {"to": Parameter("to", number)}
    needed: ClassVar = ("to",)
    answers: ClassVar = {"get": ChangeShape(many=True)}

    def get(self, request: Request, instrument: str, name: str, version: int) -> Response:
        """Path, old and new value, from this version to version `to`."""
        wanted = conditions(request.query_params, self.parameters, paged=False)
        if "to" not in wanted:
            error = {"parameter": "to", "detail": "is needed: the number of a version"}
            raise Problem(HTTPStatus.BAD_REQUEST, "to is needed: the number of a version.", [error])
        old, new = found(instrument, name, version), found(instrument, name, wanted["to"])
        return Response([asdict(change) for change in difference(old.terms, new.terms)])


class Step(APIView):
    """A step of a reviewer; subclasses say which."""

    permission_classes = (IsAuthenticated, MayAct)
    parser_classes = (Json,)
    acting = "processing.certify_certificate"
    take: Callable[..., int | None]
    bodies: ClassVar = {"post": Word}
    answers: ClassVar = {"post": WholeSerializer}
    guarded: ClassVar = {"post": True}

    def post(self, request: Request, instrument: str, name: str, version: int) -> Response:
        """The version after the step; 412 if it was changed since it was read, 409 for what its rules do not allow."""
        conditions(request.query_params, {}, paged=False)
        row = found(instrument, name, version)
        demand(request, life(row))
        sent = checked(request, Word)
        if sent.get("revision", row.revision) != row.revision:
            raise Problem(HTTPStatus.CONFLICT, f"{row} is at revision {row.revision} by {row.by}.")
        allowed(lambda: type(self).take(row, request.user.get_username(), sent["why"]))
        return shown(found(instrument, name, version))


class Certify(Step):
    """Put a version in force."""

    take = control.certify


class Suspend(Step):
    """Take a version out of force for the time being."""

    take = control.suspend


class Withdraw(Step):
    """End a version for good."""

    take = control.withdraw
