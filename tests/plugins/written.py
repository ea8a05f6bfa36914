"""Valid products as files, written by astropy."""

from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits

from tests.core import phase3_files
from tests.core.phase3_files import Changes

NAME = "ADP.2012-05-11T06:07:08.000.fits"
# What astropy writes by itself.
STRUCTURE = ("SIMPLE", "XTENSION", "BITPIX", "NAXIS", "EXTEND", "PCOUNT", "GCOUNT", "TFIELDS", "CHECKSUM", "DATASUM")


def header(values: Changes) -> fits.Header:
    """Everything but the structure."""
    made = fits.Header()
    for key, value in values.items():
        if key not in STRUCTURE and not key.startswith(("NAXIS", "TFORM", "TTYPE")):
            made[f"HIERARCH {key}" if " " in key else key] = value
    return made


def write(path: Path, hdus: list[Any]) -> Path:
    fits.HDUList(hdus).writeto(path, checksum=True, overwrite=True)
    return path


def table(size: int) -> np.ndarray[Any, Any]:
    """One row of five columns."""
    kinds = {"WAVE": ">f8", "FLUX": ">f4", "ERR": ">f4", "FLUX_REDUCED": ">f4", "QUAL": ">i4"}
    row = np.zeros(1, dtype=[(name, kind, (size,)) for name, kind in kinds.items()])
    row["WAVE"][0] = 5000 + 0.02 * np.arange(size)
    for name, value in (("FLUX", 100), ("ERR", 2), ("FLUX_REDUCED", 100)):
        row[name][0] = value
    return row


def spectrum(path: Path, primary: Changes | None = None, changes: Changes | None = None, size: int = 20) -> Path:
    """A calibrated spectrum."""
    last = 5000 + 0.02 * (size - 1)
    band = {"WAVELMAX": last / 10}
    ends = {"TDMAX1": last, "NELEM": size, "SPEC_VAL": (500 + last / 10) / 2, "SPEC_BW": last / 10 - 500}
    values = phase3_files.merged(phase3_files.TABLE, ends, changes or {})
    made = fits.BinTableHDU(table(size), header=header(values))
    # Astropy takes units from its columns.
    made.header.update({key: value for key, value in values.items() if key.startswith("TUNIT")})
    head = header(phase3_files.merged(phase3_files.SPECTRAL, band, primary or {}))
    return write(path, [fits.PrimaryHDU(header=head), made])


def image(path: Path, changes: Changes | None = None) -> Path:
    """An image in HDU 0."""
    head = header(phase3_files.image(changes).hdus[0].header)
    return write(path, [fits.PrimaryHDU(np.ones((100, 100), np.float32), header=head)])


def cube(path: Path) -> Path:
    """A cube with its variance."""
    first, *others = phase3_files.cube({"ASSON1": "white.fits"}).hdus
    layers = [fits.ImageHDU(np.ones((2, 100, 100), np.int16), header=header(hdu.header)) for hdu in others]
    return write(path, [fits.PrimaryHDU(header=header(first.header)), *layers])


def white(path: Path, side: int = 100) -> Path:
    """The white-light image of the cube."""
    head = header({"PRODCATG": "ANCILLARY.IMAGE.WHITELIGHT"})
    return write(path, [fits.PrimaryHDU(np.ones((100, side), np.float32), header=head)])
