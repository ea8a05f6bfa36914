"""Values of header keywords, asked for by type: what is missing or of another type is None, never an error."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from numbers import Integral, Real
from typing import Any

Header = Mapping[str, Any]
Broken = Iterator[tuple[str, Any]]
"""What a rule yields: a sentence, and the value that it complains about."""

SECONDS = 86400.0


class Kind(Enum):
    """The type that a keyword must have, in words."""

    TEXT = "a text"
    WORD = "a text that is not empty"
    NUMBER = "a number"
    WHOLE = "a whole number"
    FLAG = "T or F"


def number(header: Header, keyword: str) -> float | None:
    """A finite number that is no logical value."""
    value = header.get(keyword)
    if isinstance(value, bool) or not isinstance(value, Real):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def whole(header: Header, keyword: str) -> int | None:
    """An integer that is no logical value."""
    value = header.get(keyword)
    return None if isinstance(value, bool) or not isinstance(value, Integral) else int(value)


def text(header: Header, keyword: str) -> str | None:
    """A text without the blanks at its end, which mean nothing in FITS."""
    value = header.get(keyword)
    return value.rstrip() if isinstance(value, str) else None


def flag(header: Header, keyword: str) -> bool | None:
    """A logical value."""
    value = header.get(keyword)
    return value if isinstance(value, bool) else None


def is_kind(header: Header, keyword: str, kind: Kind) -> bool:
    """True if the keyword is there and of that type."""
    match kind:
        case Kind.TEXT:
            return text(header, keyword) is not None
        case Kind.WORD:
            return bool((text(header, keyword) or "").strip())
        case Kind.NUMBER:
            return number(header, keyword) is not None
        case Kind.WHOLE:
            return whole(header, keyword) is not None
        case Kind.FLAG:
            return flag(header, keyword) is not None


def unfit(header: Header, wanted: Mapping[str, Kind], where: str = "") -> Broken:
    """The keywords that are missing, or not of the wanted type; `where` follows their names."""
    for keyword, kind in wanted.items():
        if keyword not in header:
            yield f"{keyword}{where} is missing", None
        elif not is_kind(header, keyword, kind):
            yield f"{keyword}{where} is {header[keyword]!r}; it must be {kind.value}", header[keyword]


def numbered(header: Header, stem: str) -> list[tuple[int, Any]]:
    """Number and value of the keywords STEM1, STEM2, ... in order of their numbers; with leading zeros is another."""
    pattern = re.compile(rf"{re.escape(stem)}([1-9]\d{{0,4}})", re.ASCII)
    # Most keywords are others: asked cheaply first, since headers have hundreds.
    found = ((pattern.fullmatch(key), key) for key in [key for key in header if key.startswith(stem)])
    return sorted(((int(match[1]), header[key]) for match, key in found if match), key=lambda one: one[0])


def repeated(values: Sequence[Any]) -> list[Any]:
    """The values that are there more than once, once each; texts without the blanks at their ends."""
    shown = [value.strip() if isinstance(value, str) else value for value in values]
    count = Counter(map(repr, shown))
    return list({repr(value): value for value in shown if count[repr(value)] > 1}.values())
