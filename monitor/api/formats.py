"""Formats of an answer: JSON for everything, and for lists tables that are written while they are sent."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from rest_framework.exceptions import MethodNotAllowed, ParseError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request

from monitor.api import tables, votable

Row = Mapping[str, Any]


class Json(JSONRenderer):
    """JSON; numbers that are not finite become null, since JSON has no word for them."""

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        """The text; a walk through the values only if there is such a number."""
        try:
            return super().render(data, accepted_media_type, renderer_context)
        except ValueError:
            return super().render(finite(data), accepted_media_type, renderer_context)


def finite(value: Any) -> Any:
    """The value with null in place of NaN and infinities."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: finite(inner) for key, inner in value.items()}
    return [finite(inner) for inner in value] if isinstance(value, list | tuple) else value


class Table(Json):
    """A format of whole lists.  What is rendered are the problems, as JSON."""

    suffix: ClassVar[str]
    content_type: ClassVar[str]

    def lines(self, columns: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
        """The table in pieces of text."""
        raise NotImplementedError


class Csv(Table):
    """Text with commas, and names in the first line."""

    media_type = "text/csv"
    format = suffix = "csv"
    content_type = "text/csv; charset=utf-8; header=present"

    def lines(self, columns: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
        """With a line of names."""
        return tables.csv(columns, rows)


class Ndjson(Table):
    """A JSON object per line."""

    media_type = content_type = "application/x-ndjson"
    format = suffix = "ndjson"

    def lines(self, columns: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
        """One for each row."""
        return tables.ndjson(columns, rows)


class VOTable(Table):
    """The Virtual Observatory's table, with units and UCDs; of the first 10,000 rows."""

    media_type = content_type = "application/x-votable+xml"
    format = "votable"
    suffix = "xml"

    def lines(self, columns: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
        """A document."""
        return votable.write(columns, rows)


class Choice(DefaultContentNegotiation):
    """By `format`, else by `Accept`; tables are offered by lists only."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> Any:
        """The renderer, and its media type."""
        view = request.parser_context["view"]
        # The first look at a request: what nobody may do is not refused for want of a permission.
        if request.method not in view.allowed_methods:
            raise MethodNotAllowed(str(request.method))
        listing = self.is_list(view, request.method)
        offered = [one for one in renderers if listing or not isinstance(one, Table)]
        word = request.query_params.get("format")
        known = [one.format for one in offered]
        if word is not None and word not in known:
            raise ParseError(f"format must be one of {', '.join(known)}.")
        return super().select_renderer(request, offered, format_suffix)

    @staticmethod
    def is_list(view: Any, method: str | None) -> bool:
        """Whether this gives rows, which a table can hold."""
        return method in {"GET", "HEAD"} and (hasattr(view, "list") or getattr(view, "is_list", False))
