"""Pages of a list: by cursor, so that they stay the same while rows arrive."""

from http import HTTPStatus
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.views import APIView

from monitor.api.problems import Problem

PARAMETERS = ("cursor", "limit")
MOST = 1000


class Pages(CursorPagination):
    """100 rows unless `limit` asks for up to 1000, in the order of the view's `ordering`."""

    page_size = 100
    max_page_size = MOST
    page_size_query_param = "limit"

    def get_page_size(self, request: Request) -> int:
        """The number of rows; a limit that is none is refused."""
        text = request.query_params.get("limit", str(self.page_size))
        if not (text.isascii() and text.isdigit() and len(text) <= len(str(MOST)) and 1 <= int(text) <= MOST):
            error = {"parameter": "limit", "detail": f"must be a number from 1 to {MOST}"}
            raise Problem(HTTPStatus.BAD_REQUEST, f"limit must be a number from 1 to {MOST}.", [error])
        return int(text)

    def paginate_queryset(self, queryset: Any, request: Request, view: APIView | None = None) -> Any:
        """The rows; a cursor that was made up, and whose position is no value of its column, is not found."""
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValueError, ValidationError) as error:
            raise NotFound(self.invalid_cursor_message) from error

    def get_ordering(self, request: Request, queryset: QuerySet[Any], view: APIView) -> tuple[str, ...]:
        """What the view says."""
        return tuple(getattr(view, "ordering", ("id",)))
