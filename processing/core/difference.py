"""What differs between two versions of nested plain data, value by value."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from processing.core.shape import below


@dataclass(frozen=True)
class Change:
    """One value at one path; None where a version has nothing there."""

    path: str
    old: Any
    new: Any


def difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """Every value that is not the same in both, in the order of the new one; what only the old one has comes last.

    Tables in a list are told apart by their `name` where each has one of its own (`scores[s2n].low`), and their
    order is a value, too; else by their number.  A list of plain values is one value.
    """
    before, after = dict(leaves(old)), dict(leaves(new))
    paths = [*after, *(path for path in before if path not in after)]
    changes = (Change(path, before.get(path), after.get(path)) for path in paths)
    return [change for change in changes if not same(change.old, change.new)]


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """(path, value) of all that is not nested any further; an empty table is a value."""
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from leaves(inner, below(path, key))
    elif isinstance(value, list | tuple) and value and all(isinstance(inner, Mapping) for inner in value):
        labels = names(value)
        if labels:
            yield f"{path}[]", labels
        for label, inner in zip(labels or range(len(value)), value, strict=True):
            yield from leaves(inner, f"{path}[{below('', str(label)) if labels else label}]")
    elif value is not None:
        yield path, [*value] if isinstance(value, tuple) else value


def names(tables: list[Mapping[str, Any]] | tuple[Mapping[str, Any], ...]) -> list[str]:
    """The names of the tables of a list; empty if they do not tell them apart."""
    found = [table.get("name") for table in tables]
    told = [name for name in found if isinstance(name, str)]
    return told if len(set(told)) == len(found) else []


def same(old: Any, new: Any) -> bool:
    """Equal, but true is not 1; 5 and 5.0 are one number."""
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(same, old, new))
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return old.keys() == new.keys() and all(same(old[key], new[key]) for key in old)
    return bool(old == new) and isinstance(old, bool) == isinstance(new, bool)
