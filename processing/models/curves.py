"""Lists of numbers that change little from one to the next, in few bytes: a seventh of their JSON once compressed.

A line of JSON has name, decimals and length of each list; then come, list by list, the steps from number to number
without the point, with the sign in the last bit, as 32 bits each: all first bytes, all second bytes and so on.
"""

import json
import struct
from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise

MOST = 25
"""Decimals: fluxes are as small as 1e-19, with four digits."""
SIZE = 4
Curves = Mapping[str, Sequence[float]]


def written(curves: Curves) -> bytes | None:
    """Such lists as bytes; None unless all are floats of few digits."""
    try:
        rows = {name: steps(numbers) for name, numbers in curves.items()}
        heads = [(name, decimals, len(row)) for name, (decimals, row) in rows.items()]
        return json.dumps(heads).encode() + b"\n" + b"".join(planes(row) for _, row in rows.values())
    except (AttributeError, OverflowError, TypeError, ValueError, struct.error):
        return None


def read(content: bytes) -> dict[str, list[float]]:
    """The lists of `written`: the quotient of whole numbers is the float that is next to it."""
    line, _, rest = content.partition(b"\n")
    found, at = {}, 0
    for name, decimals, length in json.loads(line):
        end = at + SIZE * length
        found[name] = [number / 10**decimals for number in accumulate(signed(rest[at:end], length))]
        at = end
    return found


def steps(numbers: Sequence[float]) -> tuple[int, list[int]]:
    """How many decimals they have, and their differences without the point.  Raises ValueError."""
    for decimals in range(MOST):
        unit = 10**decimals
        # False at the first number, where these are not all its decimals.
        if all(isinstance(number, float) and round(number * unit) / unit == number for number in numbers):
            return decimals, [after - before for before, after in pairwise([0, *(round(n * unit) for n in numbers)])]
    raise ValueError("numbers of too many digits")


def planes(row: Sequence[int]) -> bytes:
    """Zeros stand together."""
    content = struct.pack(f"<{len(row)}I", *(2 * step if step >= 0 else -2 * step - 1 for step in row))
    return b"".join(content[at::SIZE] for at in range(SIZE))


def signed(content: bytes, length: int) -> list[int]:
    """The steps of `planes`."""
    whole = bytearray(len(content))
    for at in range(SIZE):
        whole[at::SIZE] = content[at * length : (at + 1) * length]
    return [number // 2 if number % 2 == 0 else -(number + 1) // 2 for number in struct.unpack(f"<{length}I", whole)]
