"""The lines of an AB text: sorted by qualifier, and read one by one, with the number of each that is wrong."""

import re
from collections.abc import Callable, Container, Mapping, Sequence
from functools import cache
from typing import TypeVar

from processing.core.errors import BadAB

Columns = Mapping[str, Sequence[str]]
"""By qualifier the names of its columns; one whose name ends in "?" may be absent."""
T = TypeVar("T")

_COMMENT = re.compile(r"(^|\s)#.*$")
_QUALIFIER = re.compile(r"[A-Z][A-Z0-9_.\-]*")
_KEY = re.compile(r"[A-Za-z0-9_.\-]+")
# NUL, and halves of characters, which JSON can carry and UTF-8 cannot.
_NO_TEXT = re.compile("[\0\ud800-\udfff]")


class Lines:
    """The lines of a text by qualifier: of each its number, for error messages, and its words, the qualifier first."""

    def __init__(self, text: str, file: str, columns: Columns, single: Sequence[str]) -> None:
        self.file = file
        self.columns = columns
        self.of: dict[str, list[tuple[int, list[str]]]] = {}
        self.others: list[tuple[str, str]] = []
        self._sort(text, {*columns, *single})
        self._look_for_contradictions(single)

    def _sort(self, text: str, used: Container[str]) -> None:
        broken = "\0" in text or not (text.isascii() or _NO_TEXT.search(text) is None)
        of, others = self.of, self.others
        for number, raw in enumerate(text.split("\n"), 1):
            if broken and (found := _NO_TEXT.search(raw)):
                what = "a NUL byte" if found[0] == "\0" else f"{found[0]!r}, half a character"
                raise BadAB(self.file, number, f"holds {what}, so this is no AB text")
            words = raw.split()
            if "#" in raw and words[0][0] != "#":
                words = _COMMENT.sub("", raw.rstrip("\r")).split()
            if not words or words[0][0] == "#":
                continue
            qualifier = words[0]
            if qualifier in used:
                of.setdefault(qualifier, []).append((number, words))
            elif _QUALIFIER.fullmatch(qualifier):
                others.append((qualifier, " ".join(words[1:])))
            else:
                raise BadAB(self.file, number, f"{qualifier[:40]!r} is not a qualifier")

    def _look_for_contradictions(self, single: Sequence[str]) -> None:
        """Qualifiers that may stand once need a value; twice with the same one is harmless."""
        several = [self.of[name] for name in single if name in self.of]
        wrong = [line for lines in several for line in lines if len(line[1]) == 1 or line[1] != lines[0][1]]
        if wrong:
            number, (qualifier, *content) = min(wrong)
            first, (_, *value) = self.of[qualifier][0]
            reason = f"was {' '.join(value)!r} in line {first}" if content else "has no value"
            raise BadAB(self.file, number, f"{qualifier} {reason}")

    def text(self, qualifier: str) -> str:
        """The content of the first line of a qualifier; nothing if there is none."""
        return " ".join(self.of[qualifier][0][1][1:]) if qualifier in self.of else ""

    def one(self, qualifier: str, read: Callable[[str], T]) -> T:
        """What is read from the content of a line that stands once."""
        try:
            return read(self.text(qualifier))
        except ValueError as wrong:
            raise BadAB(self.file, self.of[qualifier][0][0], str(wrong)) from None

    def each(self, qualifier: str, read: Callable[[Mapping[str, str]], T]) -> tuple[T, ...]:
        """What is read from each line of a qualifier, with its columns by name."""
        names, needed = _names(tuple(self.columns[qualifier]))
        found = []
        for number, words in self.of.get(qualifier, ()):
            if len(words) <= len(needed):
                wanted = f"{len(needed)} columns ({', '.join(needed)}), has {len(words) - 1}"
                raise BadAB(self.file, number, f"{qualifier} needs {wanted}")
            try:
                found.append(read(dict(zip(names, words, strict=False))))
            except ValueError as wrong:
                raise BadAB(self.file, number, str(wrong)) from None
        return tuple(found)

    def assignments(self, qualifier: str) -> dict[str, str]:
        """What the lines of a qualifier assign: the last word on each key."""
        found = {}
        for number, words in self.of.get(qualifier, ()):
            key, equals, value = " ".join(words[1:]).partition("=")
            if not (equals and _KEY.fullmatch(key)):
                raise BadAB(self.file, number, f"{qualifier} is not of the form KEY=value")
            found[key] = value
        return found


@cache
def _names(columns: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """What the words of a line are called, the qualifier first, and the columns that must be there."""
    return ["", *(name.rstrip("?") for name in columns)], [name for name in columns if not name.endswith("?")]
