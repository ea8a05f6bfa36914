"""Columns of long texts, which the database keeps as `packing` gives them."""

import json
from typing import Any

from django.db import models

from processing.models import curves
from processing.models.packing import Like, curves_of, packed, unpacked, with_curves


class PackedText(models.TextField):  # type: ignore[type-arg] # its stubs alone have type arguments
    """A text in Python, bytes in the database, which can neither search nor order it.

    Equal texts that are packed today are equal bytes, so that a condition may ask whether a text is another one.
    """

    def __init__(self, *args: Any, like: Like = Like.ANY, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.like = like

    def get_internal_type(self) -> str:
        """The column that bytes have."""
        return "BinaryField"

    def get_prep_value(self, value: Any) -> Any:
        """The bytes; those of an empty text are none."""
        text = super().get_prep_value(value)
        return packed(text, self.like) if isinstance(text, str) else text

    def from_db_value(self, value: Any, _expression: object, _connection: object) -> str | None:
        """The text."""
        return None if value is None else unpacked(bytes(value))


class PackedJson(models.JSONField):
    """A list or an object in the same way; what is its default takes no room."""

    def __init__(self, *args: Any, like: Like = Like.ANY, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.like = like

    def get_internal_type(self) -> str:
        """The column that bytes have."""
        return "BinaryField"

    def get_db_prep_value(self, value: Any, connection: object, prepared: bool = False) -> Any:
        """The bytes."""
        if value is None or isinstance(value, bytes):
            return value
        return b"" if value == self.get_default() else packed(json.dumps(value, separators=(",", ":")), self.like)

    def from_db_value(self, value: Any, _expression: object, _connection: object) -> Any:
        """What it was."""
        if value is None:
            return None
        return json.loads(unpacked(bytes(value))) if value else self.get_default()


class PackedCurves(PackedJson):
    """An object of lists of numbers that change little from one to the next, such as a spectrum for a small plot."""

    def get_db_prep_value(self, value: Any, connection: object, prepared: bool = False) -> Any:
        """The bytes; anything else is packed as JSON."""
        content = curves.written(value) if value else None
        return super().get_db_prep_value(value, connection, prepared) if content is None else with_curves(content)

    def from_db_value(self, value: Any, expression: object, connection: object) -> Any:
        """What it was."""
        content = None if value is None else curves_of(bytes(value))
        return super().from_db_value(value, expression, connection) if content is None else curves.read(content)
