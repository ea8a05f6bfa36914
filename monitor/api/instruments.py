"""`instruments/`: whether each may start something, what keeps it, and how its jobs stand."""

from collections.abc import Sequence
from typing import Any

from django.http import Http404
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from monitor import holds
from monitor.api.serializers import HoldSerializer
from monitor.api.views import Filters, Resource
from monitor.holds import Held
from monitor.tallies import tally
from processing import control
from processing.models import Instrument, Job


class Instruments(ListAPIView[Instrument]):
    """Every instrument that is known, by name."""

    queryset = Instrument.objects.all()
    filter_backends = (Filters,)
    ordering = ("name",)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A page."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        lasting = holds.by_instrument()
        return self.get_paginated_response([standing(row, lasting.get(row.name, ())) for row in page])


class InstrumentDetail(Resource):
    """One instrument."""

    def get(self, _request: Request, name: str) -> Response:
        """How it stands."""
        row = Instrument.objects.filter(pk=name).first()
        if row is None:
            raise Http404(f"There is no instrument {name}.")
        return Response(standing(row, holds.by_instrument().get(name, ())))


def standing(row: Instrument, lasting: Sequence[Held]) -> dict[str, Any]:
    """As `status/` has it, and the holds in full and the jobs counted."""
    return {
        **control.instrument_status(row),
        "holds": [HoldSerializer(held).data for held in lasting],
        "jobs": tally(Job.objects.filter(date__instrument=row)).counts,
    }
