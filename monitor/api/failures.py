"""`failures/`: kinds of failures with their numbers, the steps of a person, the evidence for SDP."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict
from http import HTTPStatus
from typing import Any, ClassVar

from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpResponse
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from monitor import evidence, failures
from monitor.api.bodies import Json, checked
from monitor.api.parameters import Parameter, conditions, day, text, words
from monitor.api.permissions import MayAct
from monitor.api.problems import Problem
from monitor.api.shapes import CLUSTER_FIELDS, KindShape, WholeKindShape
from monitor.api.views import Resource
from processing import control
from processing.core.fingerprint import Phase
from processing.core.states import ClusterState
from processing.models import Cluster, Job

OF_CLUSTERS: Mapping[str, Parameter] = {
    "state": Parameter("state__in", words(ClusterState)),
    "phase": Parameter("phase__in", words(Phase)),
    "recipe": Parameter("recipe", text),
}
OF_JOBS: Mapping[str, Parameter] = {
    "instrument": Parameter("date__instrument", text),
    "from": Parameter("date__date__gte", day),
    "to": Parameter("date__date__lte", day),
}


class ClusterSerializer(serializers.ModelSerializer[Cluster]):
    """A kind of failure, and what a person has done about it."""

    class Meta:
        model = Cluster
        fields = CLUSTER_FIELDS
        read_only_fields = fields


class Acknowledgement(serializers.Serializer[Any]):
    """The body that acknowledges: a word on it, and how many failures the person has seen."""

    why = serializers.CharField(max_length=control.LONGEST_NOTE)
    expected = serializers.IntegerField(min_value=0, max_value=2**31 - 1)


class Handover(Acknowledgement):
    """The body that hands over: with the ticket under which SDP has it."""

    ticket = serializers.CharField(max_length=control.LONGEST_TICKET)


def numbers(counted: "failures.Kind") -> dict[str, Any]:
    """How many, where, and from when to when."""
    return {
        **ClusterSerializer(counted.cluster).data,
        "failures": counted.number,
        "new": counted.fresh,
        "instruments": counted.by_instrument,
        "first": counted.first if counted.counted else None,
        "last": counted.last if counted.counted else None,
    }


def whole(cluster: Cluster) -> dict[str, Any]:
    """A kind with certificates, software and an example."""
    kind = failures.one_kind(cluster, {})
    return {
        **numbers(kind),
        "versions": [asdict(version) for version in kind.versions],
        "sample": asdict(kind.sample) if kind.sample else None,
    }


def found(fingerprint: str) -> Cluster:
    """The cluster of this fingerprint."""
    cluster = Cluster.objects.filter(fingerprint=fingerprint).first()
    if cluster is None:
        raise Http404(f"There is no kind of failure {fingerprint}.")
    return cluster


class Failures(ListAPIView[Cluster]):
    """Kinds of failures, the one that was first seen last on top; each with its numbers in the selection."""

    queryset = Cluster.objects.all()
    serializer_class = KindShape
    ordering = ("-id",)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A page of the kinds that have failures in the selection; three queries."""
        given = conditions(request.query_params, {**OF_CLUSTERS, **OF_JOBS})
        lookups = {parameter.lookup for parameter in OF_JOBS.values()}
        selection = {lookup: value for lookup, value in given.items() if lookup in lookups}
        wanted = {lookup: value for lookup, value in given.items() if lookup not in lookups}
        page = self.paginate_queryset(some(self.get_queryset().filter(**wanted), selection)) or []
        counted = defaultdict(list)
        for one in Job.objects.filter(fingerprint__in=[row.fingerprint for row in page], **selection).by_kind():
            counted[one.fingerprint].append(one)
        return self.get_paginated_response([numbers(failures.Kind(row, counted[row.fingerprint])) for row in page])


def some(clusters: "QuerySet[Cluster]", selection: failures.Selection) -> "QuerySet[Cluster]":
    """Those with failures in the selection."""
    return clusters.filter(Exists(Job.objects.failed().filter(fingerprint=OuterRef("fingerprint"), **selection)))


class Failure(Resource):
    """One kind."""

    answers: ClassVar = {"get": WholeKindShape}

    def get(self, _request: Request, fingerprint: str) -> Response:
        """Its numbers, what was done about it, versions, an example."""
        return Response(whole(found(fingerprint)))


class Step(APIView):
    """A step of a person; subclasses say which."""

    permission_classes = (IsAuthenticated, MayAct)
    parser_classes = (Json,)
    acting = "processing.acknowledge_cluster"
    answers: ClassVar = {"post": WholeKindShape}
    bodies: ClassVar[Mapping[str, type[Acknowledgement]]]

    def post(self, request: Request, fingerprint: str) -> Response:
        """The kind after the step; 409 if its failures are not as many as `expected`."""
        conditions(request.query_params, {}, paged=False)
        cluster, sent = found(fingerprint), checked(request, self.bodies["post"])
        try:
            self.take(cluster, request.user.get_username(), sent)
        except control.Outdated as outdated:
            error = {"field": "expected", "detail": str(outdated), "found": outdated.found}
            raise Problem(HTTPStatus.CONFLICT, f"Nothing was done: {outdated}.", [error]) from outdated
        except ValueError as wrong:
            raise Problem(HTTPStatus.BAD_REQUEST, str(wrong)) from wrong
        return Response(whole(cluster))

    def take(self, cluster: Cluster, who: str, sent: Mapping[str, Any]) -> int:
        """What the step does."""
        raise NotImplementedError


class Acknowledge(Step):
    """Say that the failures of a kind are known."""

    bodies: ClassVar = {"post": Acknowledgement}

    def take(self, cluster: Cluster, who: str, sent: Mapping[str, Any]) -> int:
        """Acknowledge."""
        return control.acknowledge_failures(cluster, who, sent["why"], sent["expected"])


class HandOver(Step):
    """Give the failures of a kind to SDP."""

    bodies: ClassVar = {"post": Handover}

    def take(self, cluster: Cluster, who: str, sent: Mapping[str, Any]) -> int:
        """Hand over."""
        return control.hand_over_failures(cluster, who, sent["why"], sent["ticket"], sent["expected"])


class Zip(JSONRenderer):
    """Offers a ZIP file in the choice of a format; what it renders are the problems, as JSON."""

    media_type = "application/zip"
    format = "zip"


class Evidence(Resource):
    """The evidence of a kind, as a ZIP file."""

    renderer_classes = (Zip, JSONRenderer)

    def get(self, _request: Request, fingerprint: str) -> HttpResponse:
        """The failures of the newest dates, at most `evidence.MOST`."""
        return evidence.of_kind(found(fingerprint))
