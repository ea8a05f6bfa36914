"""`instruments/`: whether each may start something, what keeps it, and how its jobs stand."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, ClassVar

from django.http import Http404
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from monitor import holds
from monitor.api.bodies import Json, checked
from monitor.api.bodies import error as item
from monitor.api.conditional import demand, versioned
from monitor.api.permissions import MayAct
from monitor.api.problems import Problem
from monitor.api.serializers import HoldSerializer
from monitor.api.shapes import InstrumentShape
from monitor.api.views import Filters, Resource
from monitor.holds import Held
from monitor.tallies import tally
from processing import control
from processing.models import Instrument, Job


class Change(serializers.Serializer[Any]):
    """The body that changes an instrument."""

    window = serializers.CharField(allow_blank=True, max_length=11)


class Instruments(ListAPIView[Instrument]):
    """Every instrument that is known, by name."""

    queryset = Instrument.objects.all()
    serializer_class = InstrumentShape
    filter_backends = (Filters,)
    ordering = ("name",)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A page."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        lasting = holds.by_instrument()
        return self.get_paginated_response([standing(row, lasting.get(row.name, ())) for row in page])


class InstrumentDetail(Resource):
    """One instrument."""

    http_method_names = ("get", "head", "options", "patch")
    answers: ClassVar = {"get": InstrumentShape, "patch": InstrumentShape}
    bodies: ClassVar = {"patch": Change}
    guarded: ClassVar = {"patch": True}
    permission_classes = (IsAuthenticated, MayAct)
    parser_classes = (Json,)
    acting = "processing.change_instrument"

    def get(self, _request: Request, name: str) -> Response:
        """How it stands."""
        return shown(found(name))

    def patch(self, request: Request, name: str) -> Response:
        """Set its window, an empty one for the site's; `If-Match` names what was read."""
        row = found(name)
        demand(request, row.window)
        window = checked(request, Change)["window"]
        try:
            row = control.set_window(name, window, request.user.get_username())
        except ValueError as error:
            raise Problem(HTTPStatus.BAD_REQUEST, f"window: {error}", [item("window", str(error))]) from error
        return shown(row)


def found(name: str) -> Instrument:
    """The instrument of this name."""
    row = Instrument.objects.filter(pk=name).first()
    if row is None:
        raise Http404(f"There is no instrument {name}.")
    return row


def shown(row: Instrument) -> Response:
    """One instrument, with the tag that a change must name."""
    facts = standing(row, holds.by_instrument().get(row.name, ()))
    return Response(facts, headers={"ETag": versioned(row.window, facts)})


def standing(row: Instrument, lasting: Sequence[Held]) -> dict[str, Any]:
    """As `status/` has it, and the holds in full and the jobs counted."""
    return {
        **control.instrument_status(row),
        "holds": [HoldSerializer(held).data for held in lasting],
        "jobs": tally(Job.objects.filter(date__instrument=row)).counts,
    }
