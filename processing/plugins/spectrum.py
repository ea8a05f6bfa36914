"""Reads pipeline spectra and writes them as the one-row table of an archive product."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.utils.exceptions import AstropyUserWarning

from processing.core.columns import COLUMNS
from processing.core.keywords import Card
from processing.core.sources import ChipFiles, SpectrumSource
from processing.core.spectrum import Array, Spectrum, join, trim
from processing.plugins.fits import Damaged
from processing.plugins.fitscards import CARD, parse
from processing.plugins.fitsheads import HEADERS, Broken, data_size, header
from processing.plugins.fitswrite import hdu

# Groups of ESO keywords that describe the observation; the rest belongs to one chip or one file.
INHERITED = ("ESO OBS ", "ESO TPL ", "ESO TEL ", "ESO INS ", "ESO DET ", "ESO PRO ")
LETTERS = {">f8": "D", ">f4": "E", ">i4": "J"}
PRIMARY: Sequence[Card] = [("SIMPLE", True, ""), ("BITPIX", 8, ""), ("NAXIS", 0, ""), ("EXTEND", True, "")]
INHERITED_CARDS = tuple(f"HIERARCH {group}".encode() for group in INHERITED)


@dataclass(frozen=True)
class Head:
    """A pipeline header: its values by keyword, and its cards as they are in the file."""

    values: Mapping[str, Any]
    raw: bytes


def read(source: SpectrumSource) -> tuple[Spectrum, list[Head]]:
    """The joined spectrum of all chips that have data, and the flux header of each."""
    chips = [read_chip(chip) for chip in source.chips]
    lit = [(spectrum, header) for spectrum, header in chips if spectrum.good.any()]
    if not lit:
        raise ValueError(f"{source.label} has no good pixel on any chip")
    return join([spectrum for spectrum, _ in lit]), [header for _, header in lit]


def read_chip(chip: ChipFiles) -> tuple[Spectrum, Head]:
    """The spectrum of one chip, trimmed to its orders if any has light.

    The pipeline writes exact zeros where no order reaches; they are no measurement and become NaN, QUAL 1.
    """
    flux, raw = read_image(chip.flux)
    head = Head(parse(raw).values, raw)
    good = np.isfinite(flux) & (flux != 0)
    files = {
        "FLUX": chip.calibrated,
        "ERR": chip.calibrated_error,
        "FLUX_REDUCED": chip.flux,
        "ERR_REDUCED": chip.error,
        "BGFLUX_REDUCED": chip.sky,
    }
    columns: dict[str, Array] = {
        name: np.where(good, flux if path == chip.flux else read_image(path)[0], np.nan).astype(np.float32)
        for name, path in files.items()
        if path
    }
    columns["QUAL"] = (~good).astype(np.int32)
    whole = Spectrum(wave=wavelengths(head.values), columns=columns)
    return (trim(whole) if good.any() else whole), head


def read_image(path: Path) -> tuple[Array, bytes]:
    """(n,) physical values of the image in HDU 0, and its header as it is; raises `Damaged` if it is not whole."""
    with path.open("rb") as stream:
        try:
            raw = header(stream, 0, HEADERS)
        except Broken as error:
            raise Damaged(f"{path.name}: {error}") from error
        # What describes the data is not among the hundreds of ESO keywords, which take longer.
        values = parse(b"".join(card for card in split(raw) if not card.startswith(b"HIERARCH"))).values
        stored = stream.read(size := data_size(values) or 0)
    if not size or len(stored) < size:
        raise Damaged(f"{path.name}: {len(stored)} bytes of data, its header promises {size}")
    kind = f">{'f' if values['BITPIX'] < 0 else 'i'}{abs(values['BITPIX']) // 8}"
    return np.frombuffer(stored, kind) * values.get("BSCALE", 1) + values.get("BZERO", 0), raw


def split(raw: bytes) -> Iterator[bytes]:
    """Card by card."""
    return (raw[at : at + CARD] for at in range(0, len(raw), CARD))


def wavelengths(header: Mapping[str, Any]) -> Array:
    """(n,) Angstrom from the linear axis of the header."""
    pixels = np.arange(1, header["NAXIS1"] + 1) - header["CRPIX1"]
    return np.asarray(header["CRVAL1"] + header["CDELT1"] * pixels)


def write(path: Path, spectrum: Spectrum, cards: tuple[Sequence[Card], Sequence[Card]], origin: bytes) -> None:
    """Write the product with CHECKSUM and DATASUM in both HDUs: whole or not at all.

    `cards` are those of HDU 0 and HDU 1; `origin` is the pipeline header that the ESO keywords come from.
    """
    inherited = b"".join(card for card in split(origin) if card.startswith(INHERITED_CARDS))
    row = _row(spectrum)
    primary, table = merged(PRIMARY, cards[0]) + inherited, merged(_table(row), cards[1])
    partial = path.with_suffix(".part")
    try:
        with partial.open("wb") as stream:
            stream.writelines([*hdu(primary, memoryview(b"")), *hdu(table, row.view(np.uint8).data)])
        partial.rename(path)
    finally:
        partial.unlink(missing_ok=True)


def merged(first: Sequence[Card], cards: Sequence[Card]) -> bytes:
    """The cards one after the other; a later one of the same keyword takes the place of the first."""
    by_keyword = {one[0]: one for one in (*first, *cards)}
    return "".join(card(*one) for one in by_keyword.values()).encode("ascii")


@lru_cache(maxsize=1024, typed=True)
def card(keyword: str, value: Any, comment: str) -> str:
    """As it stands in a file; kept, since most cards of a product are the same in all of its kind."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", fits.verify.VerifyWarning)  # long comments are cut, as the standard wants
        return str(fits.Card(keyword, value, comment))


def _row(spectrum: Spectrum) -> Array:
    """One row whose cells hold the whole arrays, as FITS stores them: big-endian."""
    arrays = {"WAVE": spectrum.wave, **spectrum.columns}
    kinds = {name: "f8" if name == "WAVE" else array.dtype.str[1:] for name, array in arrays.items()}
    row = np.zeros(1, dtype=[(name, f">{kinds[name]}", array.shape) for name, array in arrays.items()])
    for name, array in arrays.items():
        row[name][0] = array
    return row


def _table(row: Array) -> list[Card]:
    """The cards of a table of that row: NELEM values in each cell."""
    shape = (("BITPIX", 8), ("NAXIS", 2), ("NAXIS1", row.itemsize), ("NAXIS2", 1), ("PCOUNT", 0), ("GCOUNT", 1))
    columns: Mapping[str, Any] = row.dtype.fields or {}
    cards: list[tuple[str, Any]] = [("XTENSION", "BINTABLE"), *shape, ("TFIELDS", len(columns))]
    for number, (name, (kind, _)) in enumerate(columns.items(), 1):
        form = f"{kind.shape[0]}{LETTERS[kind.base.str]}"
        cards += [(f"TTYPE{number}", name), (f"TFORM{number}", form), (f"TUNIT{number}", COLUMNS[name].unit)]
    return [(keyword, value, "") for keyword, value in cards]


@dataclass(frozen=True, kw_only=True)
class Written:
    """A product as read back from its file: the header of HDU 0, and (n,) arrays by column name in file order."""

    primary: Mapping[str, Any]
    arrays: Mapping[str, Array]


def read_back(path: Path) -> Written:
    """The written product; raises `Damaged` where a checksum is wrong or the table is missing."""
    try:
        # The file is opened here, since astropy leaves it open when a checksum is wrong.
        with warnings.catch_warnings(), path.open("rb") as file:
            warnings.simplefilter("error")
            hdus = fits.open(file, checksum=True, memmap=False, lazy_load_hdus=False)
            row = hdus[1].data[0]
            arrays: dict[str, Any] = {name: np.asarray(row[name]) for name in hdus[1].columns.names}
            primary = dict(hdus[0].header)
    except (AstropyUserWarning, OSError, LookupError, TypeError, ValueError) as error:
        raise Damaged(f"{path.name}: {error}") from error
    return Written(primary=primary, arrays=arrays)


def of(written: Written) -> Spectrum:
    """The arrays of a written product as a spectrum."""
    columns = {name: array for name, array in written.arrays.items() if name != "WAVE"}
    return Spectrum(wave=written.arrays["WAVE"], columns=columns)
