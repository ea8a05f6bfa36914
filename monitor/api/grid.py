"""`grid/`: how every instrument stands on every date, as a compact matrix."""

from http import HTTPStatus
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from monitor import grid
from monitor.api.parameters import Parameter, conditions, day, text
from monitor.api.problems import Problem
from monitor.api.shapes import MatrixShape
from monitor.api.views import Resource
from monitor.grid import Cell
from processing.models import Instrument


class Matrix(Resource):
    """Dates from the newest, each with one cell per instrument."""

    parameters: ClassVar = {
        "from": Parameter("first", day),
        "to": Parameter("last", day),
        "instrument": Parameter("name", text),
    }

    answers: ClassVar = {"get": MatrixShape}

    def get(self, request: Request) -> Response:
        """90 days up to the newest date unless `from` and `to` say otherwise; at most 366."""
        given = conditions(request.query_params, self.parameters, paged=False)
        names = known(given.get("name"))
        try:
            found = grid.grid(names, given.get("first"), given.get("last"))
        except ValueError as error:
            raise Problem(HTTPStatus.BAD_REQUEST, f"This range of dates cannot be given: {error}.") from error
        rows = [{"date": at, "cells": [matrix(cells.get(name)) for name in names]} for at, cells in found.cells.items()]
        span = {"from": found.span.first, "to": found.span.last} if found.span else {"from": None, "to": None}
        return Response({**span, "instruments": names, "dates": rows})


def known(name: str | None) -> list[str]:
    """The instruments that are asked for; a problem for one that is not known."""
    rows = Instrument.objects.filter(**({"name": name} if name else {}))
    names = list(rows.values_list("name", flat=True))
    if name and not names:
        error = {"parameter": "instrument", "detail": "is not known"}
        raise Problem(HTTPStatus.BAD_REQUEST, f"No instrument {name} is known.", [error])
    return names


def matrix(cell: Cell | None) -> dict[str, Any] | None:
    """One cell; null where an instrument has nothing."""
    if cell is None:
        return None
    return {
        "standing": cell.standing,
        "done": cell.done,
        "of": cell.of,
        "failed": cell.failed,
        "total": cell.total,
        "why": cell.why,
    }
