"""Keyword values that follow from the data and the raw frames, by the name that the keyword tables use."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from processing.core.columns import ucds, utypes
from processing.core.origin import SECONDS, Origin
from processing.core.spectrum import Spectrum, median


def half_slit(origin: Origin) -> float | None:
    """Half the slit width in degrees, which the standard accepts as the error of the position."""
    width = origin.header.get(origin.source.header_keys.get("slit", ""))
    return None if width is None else float(width) / 3600.0 / 2


def title(origin: Origin) -> str:
    """A title of at most 68 characters that contains the target and is unique in the collection."""
    rest = f"_{origin.header.get('ESO OBS ID') or origin.ob_id}_{origin.source.label}_{origin.mjd_start:.6f}"
    return origin.target[: 68 - len(rest)] + rest


def useful_range(spectrum: Spectrum) -> tuple[float, float]:
    """First and last wavelength with data, in nm."""
    good = spectrum.good
    return float(spectrum.wave[good.argmax()]) / 10, float(spectrum.wave[::-1][good[::-1].argmax()]) / 10


def snr(spectrum: Spectrum) -> float:
    """Median signal-to-noise ratio per pixel over the good pixels, the continuum being the signal."""
    flux, error = spectrum.columns["FLUX_REDUCED"], spectrum.columns["ERR_REDUCED"]
    good = spectrum.good & (error > 0)
    return median(flux[good] / error[good]) if good.any() else 0.0


OF_ORIGIN: Mapping[str, Callable[[Origin], Any]] = {
    "created": lambda origin: origin.created.strftime("%Y-%m-%dT%H:%M:%S"),
    "technique": lambda origin: origin.raws[0].tech,
    "exptime": lambda origin: math.fsum(raw.exptime for raw in origin.raws),
    "mjd_start": lambda origin: origin.mjd_start,
    "mjd_end": lambda origin: origin.mjd_end,
    "telapse": lambda origin: (origin.mjd_end - origin.mjd_start) * SECONDS,
    "tmid": lambda origin: (origin.mjd_start + origin.mjd_end) / 2,
    "number_of_raws": lambda origin: len(origin.raws),
    "is_single": lambda origin: len(origin.raws) == 1,
    "associated_md5": lambda origin: [None if one.is_fits else one.md5 for one in origin.ancillaries],
    "half_slit": half_slit,
    "title": title,
}
OF_SPECTRUM: Mapping[str, Callable[[Spectrum], Any]] = {
    "fluxcal": lambda spectrum: "ABSOLUTE" if spectrum.is_calibrated else "UNCALIBRATED",
    "fluxerr": lambda spectrum: -2 if spectrum.is_calibrated else -1,
    "voclass": lambda spectrum: "SPECTRUM v2.0" if spectrum.is_calibrated else "SPECTRUM v1.0",
    "wavelmin": lambda spectrum: useful_range(spectrum)[0],
    "wavelmax": lambda spectrum: useful_range(spectrum)[1],
    "spec_val": lambda spectrum: sum(useful_range(spectrum)) / 2,
    "spec_bw": lambda spectrum: useful_range(spectrum)[1] - useful_range(spectrum)[0],
    "spec_bin": lambda spectrum: median(np.diff(spectrum.wave)) / 10,
    "axis_start": lambda spectrum: float(spectrum.wave[0]),
    "axis_stop": lambda spectrum: float(spectrum.wave[-1]),
    "nelem": lambda spectrum: spectrum.wave.size,
    "snr": snr,
    "utypes": utypes,
    "ucds": ucds,
}


def of_spectrum(spectrum: Spectrum, origin: Origin) -> Callable[[str], Any]:
    """What can be derived for a spectrum; KeyError for a name that no function has."""
    return lambda name: OF_SPECTRUM[name](spectrum) if name in OF_SPECTRUM else OF_ORIGIN[name](origin)
