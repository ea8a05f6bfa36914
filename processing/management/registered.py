"""Tells what became of AB files, of each as soon as it is known: there may be a hundred thousand."""

import json
from collections.abc import Callable, Iterable
from textwrap import indent

from processing.control import Outcome

Write = Callable[[str], object]


def as_lines(outcomes: Iterable[Outcome], write: Write) -> bool:
    """One line per file, refused ones with line and reason; whether there were any such."""
    refused = False
    for one in outcomes:
        refused |= one.refused
        where = f"{one.file}:{one.line}" if one.line else one.file
        facts = [one.result, one.name or where, one.state, one.reason, one.sentence]
        write("  ".join(fact for fact in facts if fact) + "\n")
    return refused


def as_json(outcomes: Iterable[Outcome], write: Write) -> bool:
    """A list of objects; whether any file was refused.  Where an error ends it, it is no JSON."""
    refused, before = False, "[\n"
    for one in outcomes:
        refused |= one.refused
        write(before + indent(json.dumps(one.as_dict(), indent=1), " "))
        before = ",\n"
    write("[]\n" if before == "[\n" else "\n]\n")
    return refused
