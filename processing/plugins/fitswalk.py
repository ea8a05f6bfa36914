"""Walks through any FITS file, plain or packed by gzip, in pieces: headers, checksums, what is broken, columns.

Source: FITS standard 4.0, sections 3, 4.4.2 and appendix J.  A file of any size and with any claims in its headers
takes a bounded amount of memory.  Astropy is not used: it holds whole headers of any length, and reads what they
claim.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

import numpy as np

from processing.core.phase3.product import Hdu, column_format
from processing.core.phase3.values import Header, number, text, whole
from processing.core.spectrum import Array
from processing.plugins.fitscards import Cards, parse
from processing.plugins.fitsheads import BLOCK, ERRORS, HEADERS, Broken, data_size, header, unpacked

PIECE = 400 * BLOCK
CELL = 1 << 21
"""Elements of a column, at most: several times those of the longest spectra."""
KEPT = 3
"""Columns of an HDU that stay in memory, at most."""
FULL = 0xFFFFFFFF
WIDTHS = {"L": 1, "B": 1, "I": 2, "J": 4, "K": 8, "A": 1, "E": 4, "D": 8, "C": 8, "M": 16, "P": 8, "Q": 16}
TYPES = {"B": "u1", "I": ">i2", "J": ">i4", "K": ">i8", "E": ">f4", "D": ">f8"}


@dataclass
class Walk:
    """What was found on the way."""

    hdus: list[Hdu] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


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
