"""Registers AB files and tells what became of each as soon as it is known: there may be a hundred thousand."""

import gc
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from textwrap import indent

from processing import control
from processing.control import Outcome

Write = Callable[[str], object]
SELDOM = 100_000
"""Objects between two collections of garbage, in place of 700."""


def as_lines(paths: Sequence[Path], write: Write) -> bool:
    """One line per file, refused ones with line and reason; whether there were any such."""
    refused = False
    for one in outcomes(paths):
        refused |= one.refused
        where = f"{one.file}:{one.line}" if one.line else one.file
        facts = [one.result, one.name or where, one.state, one.reason, one.sentence]
        write("  ".join(fact for fact in facts if fact) + "\n")
    return refused


def as_json(paths: Sequence[Path], write: Write) -> bool:
    """A list of objects; whether any file was refused.  Where an error ends it, it is no JSON."""
    refused, before = False, "[\n"
    for one in outcomes(paths):
        refused |= one.refused
        write(before + indent(json.dumps(one.as_dict(), indent=1), " "))
        before = ",\n"
    write("[]\n" if before == "[\n" else "\n]\n")
    return refused


def outcomes(paths: Sequence[Path]) -> Iterator[Outcome]:
    """Of all files named, and of those below folders."""
    usual = gc.get_threshold()
    # What is read of an AB has no cycles: to look for some among a thousand ABs takes a sixth of the time.
    gc.set_threshold(SELDOM)
    try:
        yield from control.register_files(control.find_files(paths))
    finally:
        gc.set_threshold(*usual)
