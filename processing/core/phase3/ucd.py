"""Unified content descriptors: is a UCD made of words of the controlled vocabulary?

Source: IVOA, UCD1+ controlled vocabulary 1.6 (2024-12-18), in the public domain (CC0); the words are in `ucd.txt`.
"""

from functools import cache
from pathlib import Path

FIRST, LATER = set("QPEVC"), set("QSEVC")
"""Kinds of words that may stand first, and after others."""


@cache
def words() -> dict[str, str]:
    """The kind of each word, in small letters."""
    lines = Path(__file__).with_name("ucd.txt").read_text(encoding="ascii").splitlines()
    kinds = (line.partition(" ") for line in lines if not line.startswith("#"))
    return {word.lower(): kind for kind, _, listed in kinds for word in listed.split()}


def fault(ucd: str) -> str:
    """What is wrong with it, or nothing."""
    for at, word in enumerate(part.strip().lower() for part in ucd.split(";")):
        kind = words().get(word)
        if kind is None:
            return f"{word!r} is no word of the vocabulary"
        if kind not in (LATER if at else FIRST):
            return f"{word!r} cannot stand {'after others' if at else 'first'}"
    return ""
