"""Parameters of an address: known ones are checked, unknown ones are refused, since ignoring hides typing errors."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import Any

from django.http import QueryDict

from monitor.api.pages import PARAMETERS
from monitor.api.problems import Problem

LONGEST = 128
MOST_DIGITS = 5


@dataclass(frozen=True)
class Parameter:
    """How a parameter is read, and the field lookup that it stands for; `read` raises ValueError."""

    lookup: str
    read: Callable[[str], Any]


def text(value: str) -> str:
    """Any text of reasonable length."""
    if not value or len(value) > LONGEST or "\0" in value:
        raise ValueError(f"must be a text of 1 to {LONGEST} characters")
    return value


def day(value: str) -> date:
    """YYYY-MM-DD."""
    # Python reads other forms of ISO 8601, too, such as 20120509 and 2012-W19-3.
    with suppress(ValueError):
        if (found := date.fromisoformat(value)).isoformat() == value:
            return found
    raise ValueError("must be a date, YYYY-MM-DD")


def whole(value: str) -> int:
    """A number from 0 to 99999."""
    if not (value.isascii() and value.isdigit() and len(value) <= MOST_DIGITS):
        raise ValueError("must be a number from 0 to 99999")
    return int(value)


def truth(value: str) -> bool:
    """`true` or `false`."""
    if value not in {"true", "false"}:
        raise ValueError("must be true or false")
    return value == "true"


def number(value: str) -> int:
    """A number that counts something from 1, such as a version."""
    if not (value.isascii() and value.isdigit() and len(value) < len(str(2**31))):
        raise ValueError("must be a number of at most nine digits")
    return int(value)


@dataclass(frozen=True)
class OneOf:
    """Reads one word of a closed list."""

    known: Sequence[str]

    def __call__(self, value: str) -> str:
        """The word; ValueError for one that is not of the list."""
        if value not in self.known:
            raise ValueError(f"must be one of {', '.join(self.known)}")
        return value


@dataclass(frozen=True)
class Words:
    """Reads one or more words of a closed list, with commas between."""

    known: Sequence[str]

    def __call__(self, value: str) -> list[str]:
        """The words; ValueError for one that is not of the list."""
        found = value.split(",")
        if strange := [word for word in found if word not in self.known]:
            raise ValueError(f"{', '.join(strange)[:LONGEST] or 'nothing'} is not one of {', '.join(self.known)}")
        return found


def words(allowed: Iterable[str]) -> Words:
    """One or more words of a closed list."""
    return Words([word for word in allowed if word])


def conditions(given: QueryDict, allowed: Mapping[str, Parameter], *, paged: bool = True) -> dict[str, Any]:
    """Lookup and value of each parameter that was given; a problem names every one that is wrong."""
    names = [*allowed, *(PARAMETERS if paged else ("format",))]
    errors = [
        {"parameter": name[:LONGEST], "detail": f"unknown; known are {', '.join(names) or 'none'}"}
        for name in given
        if name not in names
    ]
    found = {}
    for name, parameter in allowed.items():
        values = given.getlist(name)
        try:
            if values:
                found[parameter.lookup] = parameter.read(single(values))
        except ValueError as error:
            errors.append({"parameter": name, "detail": str(error)})
    if errors:
        said = "; ".join(f"{error['parameter']}: {error['detail']}" for error in errors)
        raise Problem(HTTPStatus.BAD_REQUEST, f"{said}.", errors)
    return found


def single(values: Sequence[str]) -> str:
    """The one value; ValueError for several."""
    if len(values) > 1:
        raise ValueError("may be given once")
    return values[0]
