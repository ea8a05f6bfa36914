"""Where a page of a list begins: the values of its ordering in the row before, and in which direction to go on."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from django.db.models import Q

LONGEST = 2000


@dataclass(frozen=True)
class Cursor:
    """The row after which (before which, if `back`) the page begins."""

    values: tuple[str | int | float, ...]
    back: bool = False

    def __str__(self) -> str:
        # Django's own encoder cuts times to milliseconds: a row would come before itself.
        text = json.dumps([self.back, *self.values], default=str)
        return urlsafe_b64encode(text.encode()).decode()


def read(text: str, length: int) -> Cursor:
    """The cursor of an ordering by so many columns; ValueError for a text that is none."""
    if len(text) > LONGEST:
        raise ValueError("too long")
    back, *values = json.loads(urlsafe_b64decode(text.encode("ascii")))
    plain = all(isinstance(value, str | int | float) and "\0" not in str(value) for value in values)
    if not (isinstance(back, bool) and len(values) == length and plain):
        raise ValueError("not made here")
    return Cursor(tuple(values), back)


def at(row: Any, ordering: Sequence[str], *, back: bool) -> Cursor:
    """The cursor of a row, which is an instance or a mapping."""
    return Cursor(tuple(value(row, name.removeprefix("-")) for name in ordering), back)


def value(row: Any, path: str) -> Any:
    """What a lookup such as `date__date` finds in a row."""
    if isinstance(row, Mapping):
        return row[path]
    return reduce(getattr, path.split("__"), row)


def beyond(ordering: Sequence[str], cursor: Cursor) -> Q:
    """The rows after the cursor's: larger in the first column, or equal there and larger in the next, and so on."""
    found, equal = Q(), Q()
    for name, position in zip(ordering, cursor.values, strict=True):
        column = name.removeprefix("-")
        operator = "lt" if name.startswith("-") != cursor.back else "gt"
        found |= equal & Q(**{f"{column}__{operator}": position})
        equal &= Q(**{column: position})
    # The database finds its way into the index by the first column alone.
    first = ordering[0].removeprefix("-")
    operator = "lte" if ordering[0].startswith("-") != cursor.back else "gte"
    return Q(**{f"{first}__{operator}": cursor.values[0]}) & found


def flipped(ordering: Sequence[str]) -> list[str]:
    """The ordering from the end to the beginning."""
    return [name[1:] if name.startswith("-") else f"-{name}" for name in ordering]


def both(name: str, *columns: str) -> dict[str, tuple[str, ...]]:
    """The orderings `name` and `-name` of a list by these columns, which must not be null, the last of them unique."""
    return {name: columns, f"-{name}": tuple(flipped(columns))}
