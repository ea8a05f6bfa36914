"""Parts of files: what a Range header asks for."""

import re

_RANGE = re.compile(r"bytes=\s*([0-9]*)\s*-\s*([0-9]*)\s*", re.ASCII)
DIGITS = 18


class Unsatisfiable(Exception):
    """A range that begins behind the end."""


def asked(header: str, size: int) -> tuple[int, int] | None:
    """The first byte and the number of bytes; None if all of it is meant, as for ranges that are not supported."""
    found = _RANGE.fullmatch(header)
    if found is None or found[1] + found[2] == "" or max(len(found[1]), len(found[2])) > DIGITS:
        return None
    if not found[1]:
        length = min(int(found[2]), size)
        if length == 0:
            raise Unsatisfiable
        return size - length, length
    start, last = int(found[1]), int(found[2] or size)
    if found[2] and last < start:
        return None
    if start >= size:
        raise Unsatisfiable
    return start, min(last, size - 1) - start + 1
