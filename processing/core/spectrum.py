"""A one-dimensional spectrum on its way to the archive: its arrays, and what is cut from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class Spectrum:
    """Arrays of one length n; pixels without data are NaN in every flux and error, and 1 in QUAL."""

    wave: Array
    """(n,) Angstrom, in air, increasing."""
    columns: Mapping[str, Array]
    """Column name to (n,) values, in the order in which they are written."""

    @property
    def good(self) -> Array:
        """(n,) True where there is data."""
        return np.asarray(self.columns["QUAL"] == 0)

    @property
    def is_calibrated(self) -> bool:
        """True if there is a flux in physical units."""
        return "FLUX" in self.columns


def trim(spectrum: Spectrum) -> Spectrum:
    """Without the pixels before the first and after the last good one."""
    at = np.flatnonzero(spectrum.good)
    if not at.size:
        raise ValueError("the spectrum has no good pixel")
    keep = slice(int(at[0]), int(at[-1]) + 1)
    return Spectrum(wave=spectrum.wave[keep], columns={k: v[keep] for k, v in spectrum.columns.items()})


def join(spectra: Sequence[Spectrum]) -> Spectrum:
    """One spectrum from those of several chips; where two overlap, the one of shorter wavelengths stands.

    Columns that one chip lacks (a flux calibration of one chip only) are left out of the whole.
    """
    if len(spectra) == 1:
        return spectra[0]
    ordered = sorted(spectra, key=lambda s: float(s.wave[0]))
    ends = np.maximum.accumulate([-np.inf, *(float(s.wave[-1]) for s in ordered[:-1])])
    masks = [s.wave > end for s, end in zip(ordered, ends, strict=True)]
    names = [name for name in ordered[0].columns if all(name in s.columns for s in ordered)]
    return Spectrum(
        wave=np.concatenate([s.wave[m] for s, m in zip(ordered, masks, strict=True)]),
        columns={n: np.concatenate([s.columns[n][m] for s, m in zip(ordered, masks, strict=True)]) for n in names},
    )


def median(values: Array) -> float:
    """The median of (n,) numbers, n > 0; sorting a spectrum takes a tenth of the time of `numpy.median`."""
    ordered = np.sort(values)
    return float(ordered[(values.size - 1) // 2] + ordered[values.size // 2]) / 2


def percentile(rows: Array, percent: float) -> Array:
    """(m,) percentiles of (m, n) rows that are sorted, interpolated as `numpy.percentile` does."""
    at = (rows.shape[1] - 1) * percent / 100
    below = int(at)
    above = min(below + 1, rows.shape[1] - 1)
    return np.asarray(rows[:, below] + (rows[:, above] - rows[:, below]) * (at - below))


def preview(spectrum: Spectrum, points: int = 300) -> dict[str, list[float]]:
    """The spectrum for a small plot: per bin the mean wavelength, and a low and a high percentile (2, 98) of the flux.

    At most `points` bins of equal length; up to one bin's worth of pixels at the end is left out.  Four significant
    digits.
    """
    flux = spectrum.columns["FLUX" if spectrum.is_calibrated else "FLUX_REDUCED"]
    # A response curve may end before the spectrum does.
    shown = spectrum.good & np.isfinite(flux)
    wave, flux = spectrum.wave[shown], flux[shown]
    length = max(1, -(-wave.size // points))
    bins = wave.size // length
    rows = np.sort(flux[: bins * length].reshape(bins, length), axis=1)
    low, high = percentile(rows, 2), percentile(rows, 98)
    middle = wave[: bins * length].reshape(bins, length).mean(axis=1)
    return {
        "wave": [round(float(w), 2) for w in middle],
        "low": [_digits(float(f)) for f in low],
        "high": [_digits(float(f)) for f in high],
    }


def _digits(value: float) -> float:
    return float(f"{value:.4g}")
