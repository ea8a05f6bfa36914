"""The headers of FITS files, plain or packed by gzip, one after the other: where each ends, and how much data follow.

Source: FITS standard 4.0, sections 3 and 4.4.  A file of any size and with any claims in its headers takes a bounded
amount of memory.
"""

import gzip
import math
import re
import zlib
from pathlib import Path
from typing import IO, cast

from processing.core.phase3.values import Header, whole

BLOCK = 2880
LAST = re.compile(rb"(?:.{80})*?END\s{77}", re.DOTALL)
"""The card END, on one of the places of cards."""
HEADERS = 8 << 20
"""Bytes of all headers of a file, at most."""
DEEPEST = 999
BITS = (8, 16, 32, 64, -32, -64)
ERRORS = (OSError, EOFError, zlib.error)


class Broken(Exception):
    """What makes it impossible to go on in a file."""


def unpacked(path: Path) -> IO[bytes]:
    """The content; gzip is known by its first bytes, not by the name."""
    file = path.open("rb")
    if file.read(2) == b"\x1f\x8b":
        file.close()
        return cast(IO[bytes], gzip.open(path, "rb"))
    file.seek(0)
    return file


def header(stream: IO[bytes], at: int, left: int) -> bytes:
    """The blocks up to the one with END; nothing at the end of the file; raises `Broken`."""
    blocks: list[bytes] = []
    while block := stream.read(BLOCK):
        if not blocks and not begins(block, at):
            raise Broken(f"no header after HDU {at - 1}: it does not begin with XTENSION" if at else "no FITS file")
        if len(block) < BLOCK:
            raise Broken(f"the file ends in the header of HDU {at}")
        blocks.append(block)
        if LAST.match(block):
            return b"".join(blocks)
        if len(blocks) * BLOCK > left:
            raise Broken(f"the headers up to HDU {at} have more than {HEADERS >> 20} MB")
    if blocks:
        raise Broken(f"the header of HDU {at} has no END")
    if not at:
        raise Broken("the file is empty")
    return b""


def begins(block: bytes, at: int) -> bool:
    """True if a header can begin so."""
    return block.startswith(b"XTENSION" if at else b"SIMPLE  =")


def data_size(values: Header) -> int | None:
    """Bytes of data without padding; None if the keywords make no sense."""
    depth = whole(values, "NAXIS")
    if depth is None or not 0 <= depth <= DEEPEST or whole(values, "BITPIX") not in BITS:
        return None
    axes = [whole(values, f"NAXIS{i}") for i in range(1, depth + 1)]
    groups, extra = whole(values, "GCOUNT"), whole(values, "PCOUNT")
    sizes = [*axes, 1 if "GCOUNT" not in values else groups, 0 if "PCOUNT" not in values else extra]
    known = [size for size in sizes if size is not None and size >= 0]
    if len(known) < len(sizes):
        return None
    elements = math.prod(known[:depth]) if depth else 0
    return abs(values["BITPIX"]) // 8 * known[-2] * (known[-1] + elements) if depth else 0
