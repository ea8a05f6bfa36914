"""Plain data held against the fields of a dataclass: what does not fit, each by its path."""

import json
import math
import re
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from enum import StrEnum
from functools import cache
from types import UnionType
from typing import Any

BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


@dataclass(frozen=True)
class Fault:
    """What is wrong, and where: a path such as `scores[0].low`; empty for the whole."""

    path: str
    said: str

    def __str__(self) -> str:
        return f"{self.path}: {self.said}" if self.path else self.said


def below(path: str, key: str) -> str:
    """The path of a key; one with dots or blanks stands in quotation marks."""
    named = key if BARE.fullmatch(key) else json.dumps(key, ensure_ascii=False)
    return f"{path}.{named}" if path else named


def faults(value: Any, hint: Any, path: str = "") -> Iterator[Fault]:
    """Everything in plain data (of TOML or JSON) that is not of the type `hint`, a dataclass to begin with.

    Known are dataclasses, `Mapping`, `Sequence`, unions, closed words, `str`, `int`, `float`; `Any` is one value, or
    a table of such.
    """
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if is_dataclass(hint):
        yield from _of_dataclass(value, hint, path)
    elif origin is UnionType:
        if not any(not [*faults(value, one, path)] for one in inner):
            yield from faults(value, inner[0], path)
    elif origin is Mapping or (hint is Any and isinstance(value, Mapping)):
        yield from _of_mapping(value, inner[1] if inner else Any, path)
    elif origin is Sequence:
        yield from _of_sequence(value, inner[0], path)
    elif said := _of_scalar(value, hint):
        yield Fault(path, said)


def _of_dataclass(value: Any, shape: Any, path: str) -> Iterator[Fault]:
    if not isinstance(value, Mapping):
        yield Fault(path, "must be a table")
        return
    hints, known = _hints(shape), fields(shape)
    names = [field.name for field in known]
    for key in value:
        if key not in names:
            yield Fault(below(path, str(key)), f"unknown; known are {', '.join(names)}")
    for field in known:
        if field.name in value:
            yield from faults(value[field.name], hints[field.name], below(path, field.name))
        elif field.default is MISSING and field.default_factory is MISSING:
            yield Fault(below(path, field.name), "is missing")


@cache
def _hints(shape: Any) -> dict[str, Any]:
    return typing.get_type_hints(shape)


def _of_mapping(value: Any, hint: Any, path: str) -> Iterator[Fault]:
    if not isinstance(value, Mapping):
        yield Fault(path, "must be a table")
        return
    for key, one in value.items():
        if said := _of_text(key):
            yield Fault(path, said)
        yield from faults(one, hint, below(path, str(key)))


def _of_sequence(value: Any, hint: Any, path: str) -> Iterator[Fault]:
    # A single word in the place of a list would be taken letter by letter.
    if not isinstance(value, list | tuple):
        yield Fault(path, "must be a list")
        return
    for number, one in enumerate(value):
        yield from faults(one, hint, f"{path}[{number}]")


def _of_scalar(value: Any, hint: Any) -> str:
    """What is wrong with a single value; empty if nothing is."""
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return "" if value in [*hint] else f"must be one of {', '.join(hint)}"
    if hint is Any:
        hint = type(value) if isinstance(value, bool | int | float) else str
    if hint is str:
        return _of_text(value)
    if hint is type(None):
        return "" if value is None else "must be absent"
    if hint is bool:
        return ""
    return _of_number(value, whole=hint is int)


def _of_text(value: Any) -> str:
    if not isinstance(value, str):
        return "must be a text"
    # Neither can be kept by the database.
    broken = "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value)
    return "has a character that is none" if broken else ""


def _of_number(value: Any, *, whole: bool) -> str:
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        return "must be a whole number" if whole else "must be a number"
    try:
        finite = math.isfinite(value)
    except OverflowError:
        finite = False
    return "" if finite else "must be finite"
