"""What plug-ins ask of FITS files."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.utils.exceptions import AstropyUserWarning

from processing.core.spectrum import Array
from processing.plugins import fitsheads
from processing.plugins.fitscards import parse

Keywords = Mapping[str, Any]
"""Values of a header by keyword."""


class Damaged(Exception):
    """A file that is no FITS file, or shorter than its headers say."""


@dataclass(frozen=True)
class Headers:
    """The headers of one file: the primary one, and those of the image extensions."""

    primary: Keywords
    extensions: Sequence[Keywords]

    def get(self, keyword: str, default: Any = None) -> Any:
        """The value from the first header that has the keyword."""
        found = (h[keyword] for h in (self.primary, *self.extensions) if keyword in h)
        return next(found, default)


def header(path: Path) -> Keywords:
    """The primary header; raises `Damaged`."""
    try:
        with fitsheads.unpacked(path) as stream:
            return parse(fitsheads.header(stream, 0, fitsheads.HEADERS)).values
    except (fitsheads.Broken, *fitsheads.ERRORS) as error:
        raise Damaged(f"{path.name}: {error}") from error


def headers(path: Path) -> Headers:
    """All headers of a whole file; raises `Damaged` if any data are missing."""
    try:
        # Lazy loading would not notice that the last HDUs are missing; that data are, is asked below.
        with warnings.catch_warnings(), path.open("rb") as file:
            warnings.simplefilter("ignore", AstropyUserWarning)
            hdus = fits.open(file, lazy_load_hdus=False, output_verify="ignore")
            last = hdus[-1].fileinfo()
            needed = last["datLoc"] + last["datSpan"]
            found = Headers(hdus[0].header, [hdu.header for hdu in hdus[1:]])
    except (OSError, ValueError, fits.VerifyError) as error:
        raise Damaged(f"{path.name}: {error}") from error
    if path.stat().st_size < needed:
        raise Damaged(f"{path.name}: {path.stat().st_size} bytes, its headers promise {needed}")
    return found


def images(path: Path) -> list[Array]:
    """The image of each HDU that has one, as stored values scaled to physical ones."""
    with fits.open(path, memmap=False) as hdus:
        return [np.asarray(hdu.data) for hdu in hdus if hdu.data is not None]


def vector(path: Path) -> tuple[Array, fits.Header]:
    """The one-dimensional image in the primary HDU, and its header."""
    data, head = fits.getdata(path, header=True)
    return np.asarray(data, dtype=np.float64), head
