"""Job files: one `processAB -a <AB>` per line, the longest first; comments say what is left out, and why."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from processing.core.ab import NAME

MAX_BYTES = 10_000_000
_COMMENT = re.compile(r"(^|\s)#.*$")
_LINE = re.compile(r"processAB\s+-a\s+(\S+)")


@dataclass(frozen=True)
class Entry:
    """An AB as a job file shows it."""

    name: str
    seconds: float
    """The predicted run time."""
    why_not: str = ""
    """Why it is not to be processed; empty: it is."""


class BadLine(NamedTuple):
    """A line of a job file that cannot be followed; lines count from 1, and 0 is the file as a whole."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}" if self.line else f"{self.file}: {self.reason}"


def compose(title: str, day: date, entries: Sequence[Entry]) -> str:
    """The text of a job file: what is to be processed, the longest first, then the rest as comments."""
    chosen = sorted((entry for entry in entries if not entry.why_not), key=lambda entry: (-entry.seconds, entry.name))
    rest = sorted((entry for entry in entries if entry.why_not), key=lambda entry: entry.name)
    head = f"# phoenix: {title} of {day.isoformat()}: {len(chosen)} ABs to process, {len(rest)} not\n"
    lines = [f"processAB -a {entry.name}  # about {entry.seconds:.0f} s\n" for entry in chosen]
    return "".join([head, *lines, *(f"# {entry.name}: {_one_line(entry.why_not)}\n" for entry in rest)])


def read(content: bytes, file: str) -> tuple[dict[str, int], list[BadLine]]:
    """The ABs that a job file names, each with its line, and the lines that cannot be followed.

    Names are safe to be file names.  A `#` begins a comment where a line begins, or after a blank.
    """
    if len(content) > MAX_BYTES:
        return {}, [BadLine(file, 0, f"larger than {MAX_BYTES} bytes")]
    first: dict[str, int] = {}
    bad = []
    for number, raw in enumerate(content.decode(errors="replace").splitlines(), start=1):
        line = _COMMENT.sub("", raw).strip()
        found = _LINE.fullmatch(line)
        name = found[1] if found else ""
        if line and not found:
            bad.append(BadLine(file, number, f"{line[:60]!r} is not `processAB -a <AB>`"))
        elif line and not NAME.fullmatch(name):
            bad.append(BadLine(file, number, f"{name[:60]!r} is not the name of an AB"))
        elif name in first:
            bad.append(BadLine(file, number, f"{name} stands in line {first[name]} already"))
        elif line:
            first[name] = number
    return first, bad


def _one_line(text: str) -> str:
    return " ".join(text.split())
