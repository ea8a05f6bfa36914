"""Walks through any FITS file, plain or packed by gzip, in pieces: headers, checksums, what is broken, columns.

Source: FITS standard 4.0, sections 3, 4.4.2 and appendix J.  A file of any size and with any claims in its headers
takes a bounded amount of memory.  Astropy is not used: it holds whole headers of any length, and reads what they
claim.
"""

import gzip
import math
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, cast

import numpy as np

from processing.core.phase3.product import Hdu, column_format
from processing.core.phase3.values import Header, number, text, whole
from processing.core.spectrum import Array
from processing.plugins.fitscards import Cards, parse

BLOCK = 2880
LAST = re.compile(rb"(?:.{80})*?END\s{77}", re.DOTALL)
"""The card END, on one of the places of cards."""
PIECE = 400 * BLOCK
HEADERS = 8 << 20
"""Bytes of all headers of a file, at most."""
CELL = 1 << 21
"""Elements of a column, at most: several times those of the longest spectra."""
KEPT = 3
"""Columns of an HDU that stay in memory, at most."""
DEEPEST = 999
FULL = 0xFFFFFFFF
BITS = (8, 16, 32, 64, -32, -64)
WIDTHS = {"L": 1, "B": 1, "I": 2, "J": 4, "K": 8, "A": 1, "E": 4, "D": 8, "C": 8, "M": 16, "P": 8, "Q": 16}
TYPES = {"B": "u1", "I": ">i2", "J": ">i4", "K": ">i8", "E": ">f4", "D": ">f8"}
ERRORS = (OSError, EOFError, zlib.error)


class Broken(Exception):
    """What makes it impossible to go on in a file."""


@dataclass
class Walk:
    """What was found on the way."""

    hdus: list[Hdu] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def unpacked(path: Path) -> IO[bytes]:
    """The content; gzip is known by its first bytes, not by the name."""
    file = path.open("rb")
    if file.read(2) == b"\x1f\x8b":
        file.close()
        return cast(IO[bytes], gzip.open(path, "rb"))
    file.seek(0)
    return file


def walk(path: Path) -> Walk:
    """Every HDU up to the end of the file, or to where it is broken."""
    found = Walk()
    try:
        with unpacked(path) as stream:
            for hdu in hdus(path, stream, found.problems):
                found.hdus.append(hdu)
    except Broken as why:
        found.problems.append(str(why))
    except ERRORS as error:
        found.problems.append(f"cannot be read: {error}")
    return found


def hdus(path: Path, stream: IO[bytes], problems: list[str]) -> Iterator[Hdu]:
    """One by one; raises `Broken`."""
    left, at, start = HEADERS, 0, 0
    while raw := header(stream, at, left):
        left -= len(raw)
        cards = parse(raw)
        problems += faults(cards, at)
        size = data_size(cards.values)
        start += len(raw)
        if size is None:
            yield Hdu(header=cards.values, checksum=None, datasum=None)
            raise Broken(f"BITPIX, NAXIS, PCOUNT or GCOUNT of HDU {at} make no sense")
        yield from with_data(stream, cards.values, size, Place(path, start, at), raw)
        start += -(-size // BLOCK) * BLOCK
        at += 1


@dataclass(frozen=True)
class Place:
    """Where the data of an HDU are: path, offset in the unpacked content, number of the HDU."""

    path: Path
    offset: int
    at: int


def with_data(stream: IO[bytes], values: Header, size: int, place: Place, raw: bytes) -> Iterator[Hdu]:
    """The HDU when its data have gone by; raises `Broken` where they are not all there, with what there is."""
    span = -(-size // BLOCK) * BLOCK
    total, got = add_up(stream, span)
    if got < span:
        yield Hdu(header=values, checksum=None, datasum=None)
        raise Broken(f"the file ends in HDU {place.at}: {got} of {span} bytes of data are there")

    # Several rules ask for the same columns.
    @lru_cache(maxsize=KEPT)
    def column(index: int) -> Array | None:
        return read_column(place, values, index)

    yield Hdu(
        header=values,
        checksum=fold(total + words(raw)) == FULL,
        datasum=(text(values, "DATASUM") or "").strip().lstrip("0") == (str(total) if total else ""),
        column=column,
    )


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


def faults(cards: Cards, at: int) -> Iterator[str]:
    """What is wrong with a header, at most one sentence of each kind."""
    if cards.unreadable:
        yield f"HDU {at}: {len(cards.unreadable)} cards cannot be read, the first is number {cards.unreadable[0]}"
    axes = whole(cards.values, "NAXIS") or 0
    names = ["XTENSION" if at else "SIMPLE", "BITPIX", "NAXIS", *(f"NAXIS{i}" for i in range(1, min(axes, 20) + 1))]
    if cards.order[: len(names)] != names:
        yield f"HDU {at} does not begin with {', '.join(names)}"
    if not at and cards.values.get("SIMPLE") is not True:
        yield "SIMPLE is not T"


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


def add_up(stream: IO[bytes], span: int) -> tuple[int, int]:
    """Ones' complement sum of the next bytes, and how many of them there are."""
    total, got = 0, 0
    while got < span and (piece := stream.read(min(PIECE, span - got))):
        got += len(piece)
        total = fold(total + words(piece))
    return total, got


def words(piece: bytes | memoryview) -> int:
    """Sum of the 32-bit words; an odd end counts as zeros."""
    return int(np.frombuffer(piece[: len(piece) // 4 * 4], ">u4").sum(dtype=np.uint64))


def fold(total: int) -> int:
    """To 32 bits with the carries added, as the checksum wants."""
    while total > FULL:
        total = (total & FULL) + (total >> 32)
    return total


def read_column(place: Place, values: Header, index: int) -> Array | None:
    """(n,) values of a column in the first row; None if there are none, they are no numbers, or too many."""
    formats = [column_format(values, at) for at in range(1, index + 1)]
    if index < 1 or None in formats or text(values, "XTENSION") != "BINTABLE" or not whole(values, "NAXIS2"):
        return None
    sizes = [size_of(*one) for one in formats if one]
    (count, letter), skip = formats[-1] or (0, ""), sum(sizes[:-1])
    if letter not in TYPES or not 0 < count <= CELL or skip + sizes[-1] > (whole(values, "NAXIS1") or 0):
        return None
    try:
        with unpacked(place.path) as stream:
            stream.seek(place.offset + skip)
            content = stream.read(sizes[-1])
    except ERRORS:
        return None
    return scaled(np.frombuffer(content, TYPES[letter]), values, index) if len(content) == sizes[-1] else None


def size_of(count: int, letter: str) -> int:
    """Bytes of a cell."""
    return -(-count // 8) if letter == "X" else count * WIDTHS[letter]


def scaled(stored: Array, values: Header, index: int) -> Array:
    """With TSCAL and TZERO, if they are numbers; what leaves the range of floats becomes infinite."""
    scale: Any = number(values, f"TSCAL{index}")
    zero: Any = number(values, f"TZERO{index}")
    if scale in (None, 1.0) and zero in (None, 0.0):
        return stored
    with np.errstate(all="ignore"):
        return np.asarray(stored * (1.0 if scale is None else scale) + (0.0 if zero is None else zero))
