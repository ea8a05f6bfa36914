"""Header cards of 80 characters, read by themselves: no card, however broken, ends the reading of a file."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

CARD = 80
KEYWORD = re.compile(r"[A-Z0-9_-]{1,8}")
HIERARCH = "HIERARCH "
VALUE = re.compile(
    r" *(?:'(?P<text>[^']*(?:''[^']*)*)'|(?P<flag>[TF])|(?P<whole>[+-]?\d+)"
    r"|(?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[EDed][+-]?\d+)?)|(?P<complex>\([^)/]*\)))? *(?:/.*)?",
    re.ASCII | re.DOTALL,
)
CONVERTED: Mapping[str, Callable[[str], Any]] = {
    "text": lambda shown: shown.replace("''", "'").rstrip(),
    "flag": lambda shown: shown == "T",
    "whole": int,
    "number": lambda shown: float(shown.upper().replace("D", "E")),
    "complex": str,
}
COMMENTARY = ("COMMENT", "HISTORY", "")


@dataclass
class Cards:
    """Keywords and values of a header, the first of each keyword; the numbers of the cards that cannot be read."""

    values: dict[str, Any] = field(default_factory=dict)
    unreadable: list[int] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
    """The first keywords, for those that have their place."""


def parse(raw: bytes) -> Cards:
    """The cards up to END; `raw` is a whole number of cards."""
    cards, clean = Cards(), printable(raw.decode("latin-1"))
    for number, card in enumerate(split(raw), 1):
        if card.rstrip() == "END":
            break
        keyword, value, good = read(card)
        if not (good and (clean or printable(card))):
            cards.unreadable.append(number)
        if len(cards.order) < CARD:
            cards.order.append(keyword)
        if keyword not in COMMENTARY:
            cards.values.setdefault(keyword, value)
    return cards


def split(raw: bytes) -> Iterator[str]:
    """Each card as text; bytes that are no ASCII stay what they are, one character each."""
    shown = raw.decode("latin-1")
    return (shown[at : at + CARD] for at in range(0, len(shown), CARD))


def printable(shown: str) -> bool:
    """Whether there are only the characters that a header may have."""
    return shown.isascii() and shown.isprintable()


@lru_cache(maxsize=4096)
def read(card: str) -> tuple[str, Any, bool]:
    """Keyword, value, and whether the card is built as the FITS standard wants it.

    Kept, since the files of one AB have most of their cards in common, and so has what is made of them.
    """
    if card.startswith(HIERARCH):
        keyword, equals, shown = card[len(HIERARCH) :].partition("=")
        if equals and (keyword := keyword.strip(" ")):
            return keyword, *read_value(shown)
    keyword = card[:8].rstrip()
    known = keyword == "" or KEYWORD.fullmatch(keyword) is not None
    if card[8:10] != "= " or keyword in COMMENTARY:
        return keyword, None, known
    value, good = read_value(card[10:])
    return keyword, value, good and known


def read_value(shown: str) -> tuple[Any, bool]:
    """The value, None if there is none; and whether it can be read."""
    match = VALUE.fullmatch(shown)
    if match is None:
        return None, False
    kind = match.lastgroup
    return (CONVERTED[kind](match[kind]) if kind else None), True
