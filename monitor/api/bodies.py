"""JSON bodies: bounded, and checked field by field; unknown fields are refused, since ignoring hides typing errors."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.serializers import Serializer
from rest_framework.settings import api_settings

from monitor.api.parameters import LONGEST
from monitor.api.problems import Problem

MOST_BYTES = 64 * 2**10


class Json(JSONParser):
    """A short JSON text."""

    most = MOST_BYTES

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """The value; what is too long is not read."""
        if int(parser_context["request"].META.get("CONTENT_LENGTH") or 0) > self.most:
            raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The body may have {self.most // 2**10} kB.")
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise ParseError("The body is nested too deeply.") from None


def checked(request: Request, shape: type[Serializer[Any]]) -> dict[str, Any]:
    """The body as the serializer reads it; a problem names every field that is wrong."""
    given = shape(data=request.data)
    names = list(given.fields)
    body: Any = request.data
    unknown = [name for name in body if name not in names] if isinstance(body, Mapping) else []
    errors = [error(name, f"unknown; known are {', '.join(names)}") for name in unknown]
    if not given.is_valid():
        errors += [error(name, str(text)) for name, said in given.errors.items() for text in said]
    if errors:
        said = "; ".join(f"{found['field']}: {found['detail']}" for found in errors)
        raise Problem(HTTPStatus.BAD_REQUEST, said, errors)
    return dict(given.validated_data)


def error(name: str, detail: str) -> dict[str, str]:
    """One item of a problem; what a client sent may be long, and no text that can be written."""
    field = "body" if name == api_settings.NON_FIELD_ERRORS_KEY else name
    return {
        key: text[:LONGEST].encode(errors="replace").decode() for key, text in (("field", field), ("detail", detail))
    }
