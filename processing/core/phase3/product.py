"""What the rules know of a file, of the batch that it came with, and of the archive."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from processing.core.phase3.values import Header, number, text, whole
from processing.core.spectrum import Array

SPECTRUM, IMAGE, MEFIMAGE, CUBE = "SCIENCE.SPECTRUM", "SCIENCE.IMAGE", "SCIENCE.MEFIMAGE", "SCIENCE.CUBE.IFS"
NUMERIC = "BIJKED"
FORMAT = re.compile(r"\s*(\d{0,12})([LXBIJKAEDCMPQ])", re.ASCII)


def no_array(_number: int) -> Array | None:
    """For an HDU without readable columns."""
    return None


@dataclass(frozen=True, kw_only=True)
class Hdu:
    """A header; whether its checksums hold (None: absent or not computed); the arrays of a one-row table, on demand."""

    header: Header
    checksum: bool | None = True
    datasum: bool | None = True
    column: Callable[[int], Array | None] = no_array
    """(n,) values of column 1, 2, ...; None if it holds no numbers or cannot be read."""

    @property
    def shape(self) -> tuple[int, ...]:
        """NAXIS1, NAXIS2, ... as far as they are whole numbers of at least 0."""
        axes = [whole(self.header, f"NAXIS{i}") for i in range(1, min(whole(self.header, "NAXIS") or 0, 999) + 1)]
        return tuple(axis for axis in axes if axis is not None and axis >= 0)

    @property
    def has_data(self) -> bool:
        """True if no axis is empty."""
        return bool(self.shape) and all(self.shape)

    @property
    def is_image(self) -> bool:
        """True for a primary HDU or an IMAGE extension."""
        return text(self.header, "XTENSION") in (None, "IMAGE")

    @property
    def fields(self) -> int:
        """Number of columns, at most the 999 of the FITS standard."""
        return max(0, min(whole(self.header, "TFIELDS") or 0, 999))


def column_format(header: Header, at: int) -> tuple[int, str] | None:
    """Repeat count and type letter of a column; None if TFORM is missing or makes no sense."""
    match = FORMAT.match(text(header, f"TFORM{at}") or "")
    return (int(match[1] or 1), match[2]) if match else None


@dataclass(frozen=True, kw_only=True)
class FitsFile:
    """A file as read; `problems` says what makes it no FITS file, or not a whole one."""

    name: str
    size: int
    hdus: Sequence[Hdu]
    problems: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Member:
    """A file that came with the product: headers of its HDUs (empty if it is no FITS file), MD5 in hexadecimal."""

    headers: Callable[[], Sequence[Header]]
    md5: Callable[[], str]


@dataclass(frozen=True, kw_only=True)
class Batch:
    """The files that came together, and what the archive knows; without look-ups their rules are not asked."""

    now_mjd: float
    member: Callable[[str], Member | None] | None = None
    """A file of the batch by its name."""
    precursor: Callable[[str], Header | None] | None = None
    """Keywords of an originating file by its archive name; None if the archive does not know it."""
    names: dict[str, str] = field(default_factory=dict)
    """File names seen so far."""
    titles: dict[str, str] = field(default_factory=dict)
    """Titles seen so far, with the file that has each."""


@dataclass(frozen=True)
class Case:
    """One file in its batch: what a rule is asked about."""

    file: FitsFile
    batch: Batch

    @property
    def primary(self) -> Header:
        """The header of HDU 0."""
        return self.file.hdus[0].header

    @property
    def table(self) -> Hdu:
        """HDU 1; an empty one if there is none, which is for S01 to say."""
        return self.file.hdus[1] if len(self.file.hdus) > 1 else Hdu(header={})

    @property
    def extensions(self) -> Sequence[Hdu]:
        """All HDUs but the first."""
        return self.file.hdus[1:]

    @property
    def category(self) -> str:
        """PRODCATG, or nothing."""
        return text(self.primary, "PRODCATG") or ""


def plain(value: Any) -> Any:
    """A value as JSON can hold it."""
    if value is None or isinstance(value, str | bool):
        return value
    kept = number({"": value}, "")
    if kept is None:
        return str(value)[:200]
    return value if isinstance(value, int | float) else kept
