"""Reads pipeline spectra and writes them as the one-row table of an archive product."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.utils.exceptions import AstropyUserWarning

from processing.core.columns import COLUMNS
from processing.core.keywords import Card
from processing.core.spectrum import Array, ChipFiles, Spectrum, SpectrumSource, join, trim
from processing.plugins.fits import Damaged, vector

# Groups of ESO keywords that describe the observation; the rest belongs to one chip or one file.
INHERITED = ("ESO OBS ", "ESO TPL ", "ESO TEL ", "ESO INS ", "ESO DET ", "ESO PRO ")


def read(source: SpectrumSource) -> tuple[Spectrum, list[fits.Header]]:
    """The joined spectrum of all chips that have data, and the flux header of each."""
    chips = [read_chip(chip) for chip in source.chips]
    lit = [(spectrum, header) for spectrum, header in chips if spectrum.good.any()]
    if not lit:
        raise ValueError(f"{source.label} has no good pixel on any chip")
    return join([spectrum for spectrum, _ in lit]), [header for _, header in lit]


def read_chip(chip: ChipFiles) -> tuple[Spectrum, fits.Header]:
    """The spectrum of one chip, trimmed to its orders if any has light.

    The pipeline writes exact zeros where no order reaches; they are no measurement and become NaN, QUAL 1.
    """
    flux, header = vector(chip.flux)
    good = np.isfinite(flux) & (flux != 0)
    files = {
        "FLUX": chip.calibrated,
        "ERR": chip.calibrated_error,
        "FLUX_REDUCED": chip.flux,
        "ERR_REDUCED": chip.error,
        "BGFLUX_REDUCED": chip.sky,
    }
    columns: dict[str, Array] = {
        name: np.where(good, vector(path)[0], np.nan).astype(np.float32) for name, path in files.items() if path
    }
    columns["QUAL"] = (~good).astype(np.int32)
    whole = Spectrum(wave=wavelengths(header), columns=columns)
    return (trim(whole) if good.any() else whole), header


def wavelengths(header: fits.Header) -> Array:
    """(n,) Angstrom from the linear axis of the header."""
    pixels = np.arange(1, header["NAXIS1"] + 1) - header["CRPIX1"]
    return np.asarray(header["CRVAL1"] + header["CDELT1"] * pixels)


def write(path: Path, spectrum: Spectrum, cards: tuple[Sequence[Card], Sequence[Card]], origin: fits.Header) -> None:
    """Write the product with CHECKSUM and DATASUM in both HDUs: whole or not at all.

    `cards` are those of HDU 0 and HDU 1; `origin` is the pipeline header that the ESO keywords come from.
    """
    primary = fits.PrimaryHDU()
    put(primary.header, cards[0])
    primary.header.extend(c for c in origin.cards if c.keyword.startswith(INHERITED))
    table = _table(spectrum)
    put(table.header, cards[1])
    partial = path.with_suffix(".part")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", fits.verify.VerifyWarning)  # long comments are cut, as the standard wants
            fits.HDUList([primary, table]).writeto(partial, overwrite=True, checksum=True)
        partial.rename(path)
    finally:
        partial.unlink(missing_ok=True)


def put(header: fits.Header, cards: Sequence[Card]) -> None:
    """Set each card; empty strings stay, since the standard asks for some of them."""
    for keyword, value, comment in cards:
        header[keyword] = (value, comment)


def _table(spectrum: Spectrum) -> fits.BinTableHDU:
    """One row whose cells hold the whole arrays: NELEM values each.

    Big-endian from the start: astropy swaps the bytes of one long row in tiny pieces, which takes a second.
    """
    arrays = {"WAVE": spectrum.wave, **spectrum.columns}
    kinds = {name: "f8" if name == "WAVE" else array.dtype.str[1:] for name, array in arrays.items()}
    row = np.zeros(1, dtype=[(name, f">{kinds[name]}", array.shape) for name, array in arrays.items()])
    for name, array in arrays.items():
        row[name][0] = array
    table = fits.BinTableHDU(row.view(fits.FITS_rec))
    for number, name in enumerate(arrays, 1):
        table.header.set(f"TUNIT{number}", COLUMNS[name].unit, after=f"TFORM{number}")
    return table


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
