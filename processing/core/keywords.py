"""The keywords of an archive product as a table, and the resolver that fills them and says where each came from."""

import math
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from processing.core.errors import ABFailed
from processing.core.origin import Origin
from processing.core.states import Reason

Card = tuple[str, Any, str]
Derive = Callable[[str], Any]
"""The derived value of that name; None if there is none."""

TABLES = Path(__file__).parent / "tables"
# (unit of the source, unit of the keyword) to what the value is divided by.
DIVISORS = {("angstrom", "nm"): 10.0, ("arcsec", "deg"): 3600.0}
OVER: Mapping[str, Callable[[list[Any]], Any]] = {"first": lambda values: values[0], "max": max, "sum": sum}
ALL = "all"


class Status(StrEnum):
    """How the standard asks for a keyword."""

    MANDATORY = "M"
    MANDATORY_FOR_ESO = "Me"
    CONDITIONAL = "Mc"
    RECOMMENDED = "R"
    OPTIONAL = "O"
    ARCHIVE = "A"
    FORBIDDEN = "X"


class Place(StrEnum):
    """Where a value comes from."""

    RAW = "raw header"
    PIPELINE = "pipeline header"
    DERIVED = "derived"
    CONFIGURATION = "configuration"
    DATABASE = "database"
    WRITER = "FITS writer"


PLACES = {
    "raw": Place.RAW,
    "pipeline": Place.PIPELINE,
    "derive": Place.DERIVED,
    "config": Place.CONFIGURATION,
    "constant": Place.CONFIGURATION,
    "database": Place.DATABASE,
    "writer": Place.WRITER,
}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One place that is asked for a value."""

    kind: str
    """A key of `PLACES`."""
    key: Any
    unit: str = ""
    over: str = "first"

    @property
    def place(self) -> Place:
        """The class of places that it belongs to."""
        return PLACES[self.kind]

    def named(self, keys: Mapping[str, str]) -> "Asked":
        """With the header keyword in the place of a pattern such as `{slit}`."""
        return replace(self, key=self.key.format(**keys)) if self.kind in ("raw", "pipeline") else self

    def __str__(self) -> str:
        return f"{self.place} {self.key}"


@dataclass(frozen=True, kw_only=True)
class Keyword:
    """One row of a table."""

    name: str
    hdu: int | str
    type: str
    status: Status
    rule: str
    unit: str = ""
    condition: str = ""
    comment: str = ""
    sources: Sequence[Asked] = ()

    @property
    def is_numbered(self) -> bool:
        """True for PROVi and its like."""
        return self.name.endswith("i")

    @property
    def must_have_value(self) -> bool:
        """True if a product without it cannot be made."""
        return self.status in (Status.MANDATORY, Status.MANDATORY_FOR_ESO) and not self.condition

    @property
    def note(self) -> str:
        """The comment of its card, with the unit as FITS wants it."""
        return f"[{self.unit}] {self.comment}" if self.unit else self.comment


@dataclass(frozen=True, kw_only=True)
class Filled:
    """A card, and where its value was found."""

    hdu: int
    name: str
    value: Any
    comment: str
    asked: Asked

    @property
    def card(self) -> Card:
        """As a FITS writer wants it."""
        return self.name, self.value, self.comment

    @property
    def row(self) -> dict[str, Any]:
        """As it is kept with the product."""
        key = "" if self.asked.kind == "constant" else str(self.asked.key)
        place = str(self.asked.place)
        return {"hdu": self.hdu, "keyword": self.name, "value": self.value, "source": place, "key": key}


@cache
def table(category: str) -> tuple[Keyword, ...]:
    """The keywords of `spectrum` or `image`."""
    return tuple(_keyword(row) for row in tomllib.loads((TABLES / f"{category}.toml").read_text())["keyword"])


def _keyword(row: Mapping[str, Any]) -> Keyword:
    given = {key: value for key, value in row.items() if key not in ("if", "sources", "status")}
    sources = tuple(_asked(source) for source in row.get("sources", ()))
    return Keyword(**given, condition=row.get("if", ""), sources=sources, status=Status(row["status"]))


def _asked(source: Mapping[str, Any]) -> Asked:
    (kind,) = PLACES.keys() & source.keys()
    return Asked(kind=kind, key=source[kind], unit=source.get("unit", ""), over=source.get("over", "first"))


def fill(keywords: Sequence[Keyword], origin: Origin, derive: Derive) -> list[Filled]:
    """A card for each keyword that has a value, in the order of the table.

    Raises `ABFailed` that names every mandatory keyword without a value, and every value of a wrong type.
    """
    filled, wrong = [], []
    for keyword in keywords:
        try:
            filled += list(_fill(keyword, origin, derive))
        except ValueError as error:
            wrong.append(str(error))
    if wrong:
        raise ABFailed(Reason.IDP_RULES, f"{'; '.join(wrong)}.")
    return filled


def _fill(keyword: Keyword, origin: Origin, derive: Derive) -> Iterator[Filled]:
    keys = origin.source.header_keys
    asked = [source.named(keys) for source in keyword.sources if source.place is not Place.WRITER]
    if keyword.sources and not asked:
        return
    for source in asked:
        found = _look(source, keyword, origin, derive)
        if found:
            for name, value in found:
                yield Filled(hdu=int(keyword.hdu), name=name, value=value, comment=keyword.note, asked=source)
            return
    if keyword.must_have_value:
        raise ValueError(f"{keyword.name} has no value: asked {', '.join(map(str, asked))}")


def _look(source: Asked, keyword: Keyword, origin: Origin, derive: Derive) -> list[tuple[str, Any]]:
    """(name of the card, value) of what that source has; nothing if it has none."""
    value = _ask(source, origin, derive)
    values = value if keyword.is_numbered and isinstance(value, list) else [value]
    stem = keyword.name[:-1]
    names = [f"{stem}{number}" for number in range(1, len(values) + 1)] if keyword.is_numbered else [keyword.name]
    return [
        (name, typed(keyword, _converted(one, source, keyword), source))
        for name, one in zip(names, values, strict=True)
        if not _is_empty(one, source, keyword)
    ]


def _ask(source: Asked, origin: Origin, derive: Derive) -> Any:
    if source.kind in ("raw", "pipeline"):
        headers = origin.headers if source.kind == "pipeline" else origin.headers[:1]
        values = [header[source.key] for header in headers if source.key in header]
        return OVER[source.over](values) if values else None
    look: Mapping[str, Callable[[Any], Any]] = {
        "derive": derive,
        "config": origin.constants.get,
        "constant": lambda value: value,
        "database": origin.records.get,
    }
    return look[source.kind](source.key)


def _is_empty(value: Any, source: Asked, keyword: Keyword) -> bool:
    """An empty text is a value where the configuration says so, and in the columns of a table."""
    if isinstance(value, float) and not math.isfinite(value):
        return True
    meant = source.place is Place.CONFIGURATION or (source.place is Place.DERIVED and keyword.is_numbered)
    return value is None or (value == "" and not meant)


def _converted(value: Any, source: Asked, keyword: Keyword) -> Any:
    if not source.unit or source.unit == keyword.unit:
        return value
    return float(value) / DIVISORS[source.unit, keyword.unit]


def typed(keyword: Keyword, value: Any, source: Asked) -> Any:
    """The value as the type that the standard asks for; ValueError if it is of another one."""
    try:
        if keyword.type == "L" and isinstance(value, bool):
            return value
        if keyword.type == "I" and not isinstance(value, bool) and float(value) == int(float(value)):
            return int(value)
        if keyword.type == "R" and not isinstance(value, bool):
            return float(value)
        if keyword.type == "S":
            return str(value)
    except (TypeError, ValueError, OverflowError):
        pass
    names = {"L": "logical", "I": "integer", "R": "real number"}
    raise ValueError(f"{keyword.name} is {value!r} ({source}), not {names[keyword.type]}")
