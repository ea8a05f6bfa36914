"""Lists: pages by cursor, which stay the same while rows arrive, or the whole result as a table."""

from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from itertools import islice
from typing import Any, Never, cast

from django.core.exceptions import ValidationError
from django.http import StreamingHttpResponse
from rest_framework.exceptions import NotFound
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param
from rest_framework.views import APIView

from monitor.api import cursors
from monitor.api.formats import Table
from monitor.api.problems import Problem

SHAPES = ("fields", "omit", "format")
PARAMETERS = ("cursor", "limit", "ordering", "count", *SHAPES)
USUAL, MOST, LARGEST = 100, 1000, 10**9
Row = Mapping[str, Any]


class Pages(BasePagination):
    """100 rows unless `limit` asks for up to 1000; of a table all rows, read page by page while they are sent.

    A view says its `ordering`, and in `orderings` which others may be asked for; each ends with what is unique.
    """

    following: str | None = None
    preceding: str | None = None

    def paginate_queryset(self, queryset: Any, request: Request, view: APIView | None = None) -> list[Any]:
        """The rows of one page; a cursor that was made up is not found."""
        self.request, self.view = request, view
        self.ordering = ordering_of(request, view)
        self.limit = limit_of(request, LARGEST if self.is_table else MOST)
        self.count = queryset.count() if counted(request) else None
        text = getattr(view, "part", None) or request.query_params.get("cursor")
        try:
            cursor = cursors.read(text, len(self.ordering)) if text else None
            rows = self.read(queryset, cursor)
        except (ValueError, OverflowError, TypeError, ValidationError) as error:
            raise NotFound("There is no page with this cursor.") from error
        return rows

    def complete(self, data: Sequence[Row], request: Request, view: APIView) -> Response | StreamingHttpResponse:
        """The answer with all that there is."""
        self.request, self.view, self.limit, self.count = request, view, LARGEST, None
        return self.get_paginated_response(data)

    def read(self, queryset: Any, cursor: cursors.Cursor | None) -> list[Any]:
        """The rows beyond the cursor, and where the pages beside them begin."""
        back = bool(cursor and cursor.back)
        size = MOST if self.is_table else self.limit
        found = queryset.filter(cursors.beyond(self.ordering, cursor)) if cursor else queryset
        rows = list(found.order_by(*(cursors.flipped(self.ordering) if back else self.ordering))[: size + 1])
        more, rows = len(rows) > size, rows[:size]
        rows = rows[::-1] if back else rows
        before = more if back else cursor is not None
        self.following = str(cursors.at(rows[-1], self.ordering, back=False)) if rows and (back or more) else None
        self.preceding = str(cursors.at(rows[0], self.ordering, back=True)) if rows and before else None
        return rows

    @property
    def is_table(self) -> bool:
        """Whether the client asked for a format that holds a whole result."""
        return isinstance(getattr(self.request, "accepted_renderer", None), Table)

    def get_paginated_response(self, data: Any) -> Response | StreamingHttpResponse:  # type: ignore[override]
        """The page with links to those beside it; of a table, everything."""
        if getattr(self.view, "part", None):
            return Response({"next": self.following, "results": data})
        names = columns(data, self.view)
        wanted = chosen(self.request, names)
        if self.is_table:
            return self.table(data, wanted)
        links = {"next": self.link(self.following), "previous": self.link(self.preceding)}
        rows = data if wanted == names else [{name: row[name] for name in wanted} for row in data]
        header = ", ".join(f'<{link}>; rel="{name}"' for name, link in links.items() if link)
        count = {} if self.count is None else {"count": self.count}
        return Response({**count, **links, "results": rows}, headers={"Link": header} if header else None)

    def table(self, data: Sequence[Row], wanted: Sequence[str]) -> StreamingHttpResponse:
        """The rest of the list from here, in the format that was accepted."""
        form = cast(Table, self.request.accepted_renderer)
        rows = islice(self.rows(data), self.limit if "limit" in self.request.query_params else None)
        # Servers read a body through even if they do not send it.
        lines = iter(()) if self.request.method == "HEAD" else form.lines(wanted, rows)
        name = self.request.path.rstrip("/").rpartition("/")[2]
        disposition = {"Content-Disposition": f'attachment; filename="{name}.{form.suffix}"'}
        return StreamingHttpResponse(lines, content_type=form.content_type, headers=disposition)

    def rows(self, data: Sequence[Row]) -> Iterator[Row]:
        """This page, and all that follow, each read when the one before has been sent."""
        yield from data
        view: Any = self.view
        following = self.following
        while following:
            view.part = following
            page = view.get(self.request, *view.args, **view.kwargs).data
            following = page["next"]
            yield from page["results"]

    def link(self, cursor: str | None) -> str | None:
        """The address of another page."""
        here = self.request.build_absolute_uri()
        return replace_query_param(remove_query_param(here, "cursor"), "cursor", cursor) if cursor else None

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """How a page looks, for the description of the API."""
        link = {"type": "string", "format": "uri", "nullable": True, "example": None}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {
                "count": {"type": "integer", "example": 1},
                "next": link,
                "previous": link,
                "results": schema,
            },
        }


def refuse(parameter: str, detail: str) -> Never:
    """A parameter whose value cannot be meant."""
    error = {"parameter": parameter, "detail": detail}
    raise Problem(HTTPStatus.BAD_REQUEST, f"{parameter} {detail}.", [error])


def once(request: Request, name: str) -> str | None:
    """The value of a parameter that may be given once."""
    values = request.query_params.getlist(name)
    if len(values) > 1:
        refuse(name, "may be given once")
    return values[0] if values else None


def limit_of(request: Request, most: int) -> int:
    """The number of rows; a limit that is none is refused."""
    text = once(request, "limit")
    if text is None:
        return USUAL
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(most)) and 1 <= int(text) <= most):
        refuse("limit", f"must be a number from 1 to {most}")
    return int(text)


def ordering_of(request: Request, view: APIView | None) -> tuple[str, ...]:
    """The columns by which the rows are put in order."""
    usual = tuple(getattr(view, "ordering", ("id",)))
    known: Mapping[str, Sequence[str]] = getattr(view, "orderings", {})
    word = once(request, "ordering")
    if word is None:
        return usual
    if word not in known:
        refuse("ordering", f"must be one of {', '.join(known)}" if known else "cannot be chosen for this list")
    return tuple(known[word])


def counted(request: Request) -> bool:
    """Whether the number of all rows was asked for."""
    word = once(request, "count")
    if word not in {None, "exact"}:
        refuse("count", "must be exact")
    return word == "exact"


def columns(data: Sequence[Row], view: Any) -> list[str]:
    """The names of what each row has; of an empty list, as far as its serializer tells them."""
    if data:
        return list(data[0])
    shape = getattr(view, "serializer_class", None)
    return list(shape().fields) if shape else []


def chosen(request: Request, names: Sequence[str]) -> list[str]:
    """The names that `fields` asks for and `omit` does not."""
    listed = {}
    for parameter in ("fields", "omit"):
        text = once(request, parameter)
        listed[parameter] = text.split(",") if text is not None else []
        if names and (unknown := [name for name in listed[parameter] if name not in names]):
            refuse(parameter, f"has {', '.join(unknown)[:128] or 'nothing'}; known are {', '.join(names)}")
    kept = listed["fields"] or names
    return [name for name in kept if name not in listed["omit"]]
