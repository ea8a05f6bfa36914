"""The description of the API (OpenAPI 3.0.3): what a view says of itself, and what all of them have."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from monitor.api import pages, parameters
from monitor.api.formats import Choice, Table
from monitor.api.problems import MEDIA_TYPE
from monitor.api.repeats import HEADER

EXAMPLES: Mapping[str, Mapping[str, Any]] = json.loads((Path(__file__).parent / "examples.json").read_text())
"""By method and address: a `request`, an `answer`."""
OF_LISTS = {
    "cursor": OpenApiParameter("cursor", str, description="Where a page begins; from `next` and `previous`."),
    "limit": OpenApiParameter(
        "limit",
        {"type": "integer", "minimum": 1, "maximum": pages.MOST},
        description=f"Rows of a page, {pages.USUAL} without it; of a table, the number of rows at most.",
    ),
    "count": OpenApiParameter("count", str, enum=["exact"], description="Count all rows, too."),
}
TYPES: dict[Callable[[str], Any], Any] = {
    parameters.day: OpenApiTypes.DATE,
    parameters.truth: {"type": "string", "enum": ["true", "false"]},
    parameters.number: {"type": "integer", "minimum": 0, "maximum": 999_999_999},
    parameters.whole: {"type": "integer", "minimum": 0, "maximum": 99999},
}


KEY = {"type": "string", "minLength": 1, "maxLength": 128, "pattern": r"^[!-~]+$"}
NO_NUL = r"^[^\x00]*$"


def listed(names: Iterable[str]) -> dict[str, Any]:
    """One or more of these words."""
    return {"type": "array", "items": {"type": "string", "enum": list(names)}, "minItems": 1}


def exploded(parameter: parameters.Parameter) -> bool | None:
    """Whether several words are several parameters: no, they have commas between."""
    return False if isinstance(parameter.read, parameters.Words) else None


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call] # it has no types
    """How tokens are sent."""

    target_class = "monitor.api.tokens.Bearer"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """For the description."""
        return {"type": "http", "scheme": "bearer"}


def ours(endpoints: Sequence[tuple[str, str, str, Any]]) -> list[tuple[str, str, str, Any]]:
    """The addresses of version 1, and no other of the site."""
    return [found for found in endpoints if found[0].startswith("/api/v1/")]


def chosen(result: dict[str, Any], **_others: Any) -> dict[str, Any]:
    """The rows of lists without required fields: `fields` and `omit` choose."""
    shapes = result["components"]["schemas"]
    for name in [name for name in shapes if name.startswith("Paginated")]:
        row = shapes[name]["properties"]["results"]["items"]["$ref"].rpartition("/")[2]
        shapes[row].pop("required", None)
    # Without required fields an answer may fit several of what it can be.
    for shape in shapes.values():
        if "oneOf" in shape:
            shape["anyOf"] = shape.pop("oneOf")
    return result


class ProblemSerializer(serializers.Serializer[Any]):
    """What is wrong (RFC 9457)."""

    type = serializers.CharField(help_text="The address of a section of the help page")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    instance = serializers.CharField()
    request_id = serializers.CharField()
    errors: Any = serializers.ListField(child=serializers.DictField())


class Schema(AutoSchema):
    """Reads `parameters`, `answers` and `bodies` of a view; what it does not say is any object."""

    def get_override_parameters(self) -> list[Any]:
        """The parameters of the address, and the headers that matter."""
        method = self.method.lower()
        if method != "get":
            return self.of_changes(method)
        known = getattr(self.view, "parameters", {})
        needed = getattr(self.view, "needed", ())
        found = [
            OpenApiParameter(name, self.type_of(one), required=name in needed, explode=exploded(one))
            for name, one in known.items()
        ]
        found += [OpenApiParameter(name, str) for name in getattr(self.view, "headers", ())]
        return found + (self.of_list() if self.is_list() else [])

    def of_list(self) -> list[OpenApiParameter]:
        """Pages, orderings, fields."""
        orderings = list(getattr(self.view, "orderings", {}))
        order = [OpenApiParameter("ordering", str, enum=orderings)] if orderings else []
        shape = getattr(self.view, "serializer_class", None)
        columns = listed(shape().fields) if shape else str
        said = {"fields": "Only these, with commas between.", "omit": "All but these, with commas between."}
        chosen = [OpenApiParameter(name, columns, description=text, explode=False) for name, text in said.items()]
        return [*OF_LISTS.values(), *chosen, *order]

    def of_changes(self, method: str) -> list[OpenApiParameter]:
        """What a change takes beside its body."""
        found = [OpenApiParameter(name, self.type_of(one)) for name, one in self.given("switches", method, {}).items()]
        if hasattr(getattr(self.view, method), "__wrapped__"):
            text = "The same for a repetition of this request: it is answered again, and done once."
            found.append(OpenApiParameter(HEADER, KEY, OpenApiParameter.HEADER, description=text))
        if self.given("guarded", method, False):
            text = "The `ETag` of what was read."
            found.append(OpenApiParameter("If-Match", str, OpenApiParameter.HEADER, required=True, description=text))
        return found

    def type_of(self, parameter: parameters.Parameter) -> Any:
        """The type of a value."""
        if isinstance(parameter.read, parameters.Words):
            return listed(parameter.read.known)
        if isinstance(parameter.read, parameters.OneOf):
            return {"type": "string", "enum": list(parameter.read.known)}
        usual = {"type": "string", "minLength": 1, "maxLength": parameters.LONGEST, "pattern": NO_NUL}
        return TYPES.get(parameter.read, usual)

    def given(self, what: str, method: str, usual: Any) -> Any:
        """What the view says of one of its methods."""
        return getattr(self.view, what, {}).get(method, usual)

    def is_list(self) -> bool:
        """Whether this is a list, with pages and tables."""
        return bool(Choice.is_list(self.view, self.method))

    def _is_list_view(self, serializer: Any = None) -> bool:
        if isinstance(serializer, serializers.ListSerializer):
            return True
        return self.is_list() and (serializer is None or isinstance(serializer, serializers.Serializer))

    def get_request_serializer(self) -> Any:
        """The body."""
        return self.given("bodies", self.method.lower(), None)

    def get_response_serializers(self) -> Any:
        """The answer in each of its formats, and the problem."""
        usual = getattr(self.view, "serializer_class", None) if self.is_list() else None
        answer = self.given("answers", self.method.lower(), usual) or OpenApiTypes.OBJECT
        found: dict[Any, Any] = {(200, "application/json"): answer}
        for code in self.given("codes", self.method.lower(), ()):
            found[code, "application/json"] = answer
        for form in self.tables():
            found[200, form] = OpenApiTypes.STR
        if (first := self.view.renderer_classes[0].media_type) != "application/json":
            found = {(200, first): OpenApiTypes.STR if first.startswith("text/") else OpenApiTypes.BINARY}
        problem = OpenApiResponse(ProblemSerializer, description="A problem")
        return {**found, ("default", MEDIA_TYPE): problem}

    def tables(self) -> Sequence[str]:
        """The formats beside JSON."""
        found = [one for one in self.view.renderer_classes if issubclass(one, Table)] if self.is_list() else []
        return [str(one.media_type) for one in found]

    def _map_basic_serializer(self, serializer: Any, direction: str) -> Any:
        found = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call] # it has no types
        # Unknown fields of a body are refused.
        return {**found, "additionalProperties": False} if direction == "request" else found

    def _map_serializer_field(self, field: Any, direction: str, bypass_extensions: bool = False) -> Any:
        found = super()._map_serializer_field(field, direction, bypass_extensions)  # type: ignore[no-untyped-call] # it has no types
        model = getattr(getattr(field.parent, "Meta", None), "model", None)
        # Of a field that is only read, the library forgets that it may be empty.
        if model and "enum" in found and model._meta.get_field(field.source).blank and "" not in found["enum"]:
            found["enum"] = [*found["enum"], ""]
        return found

    def map_renderers(self, attribute: str) -> list[Any]:
        """Tables are of lists only."""
        tables = {getattr(one, attribute) for one in self.view.renderer_classes if issubclass(one, Table)}
        found = super().map_renderers(attribute)
        return found if self.is_list() else [one for one in found if one not in tables]

    def get_examples(self) -> list[OpenApiExample]:
        """As a night had them; of a list, one row."""
        found = EXAMPLES.get(f"{self.method} {self.path}", {})
        said = {"request": "What is sent", "answer": "What is answered"}
        return [
            OpenApiExample(said[part], value, request_only=part == "request", response_only=part == "answer")
            for part, value in found.items()
        ]

    def _get_response_for_code(self, serializer: Any, status_code: str, *args: Any, **kwargs: Any) -> Any:
        found = super()._get_response_for_code(serializer, status_code, *args, **kwargs)  # type: ignore[no-untyped-call] # it has no types
        return found | {"description": found["description"] or self.get_description()}
