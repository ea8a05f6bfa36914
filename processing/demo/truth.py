"""How well an extracted spectrum agrees with the true spectrum of the simulated star."""

from dataclasses import dataclass

import numpy as np
from numpy.polynomial import Chebyshev
from numpy.typing import NDArray

from processing.demo.geometry import Array
from processing.demo.spectra import WAVE
from processing.demo.spectra import truth as true_spectrum

CONTINUUM_DEGREE = 30  # removes slope, response and blaze, but no line
EDGE = 300  # bins at either end, where the first and last orders fade
WINDOWS = 25
GAUSSIAN = 0.6745  # median absolute deviation of a normal distribution of unit width
LIGHT_SPEED = 299_792_458.0


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """The residuals of an extracted spectrum."""

    chi: float
    """Robust width of (flux / continuum - truth) in units of the given errors; 1 if the errors are right."""
    shift_angstrom: float
    """Mean shift of the wavelength scale over the windows, positive if extracted lines are too red."""
    scatter_m_s: float
    """Standard deviation of the windows' shifts as a velocity."""


def agreement(wave: Array, flux: Array, err: Array, *, seed: int, technique: str) -> Agreement:
    """Compare a spectrum with the input of a simulated night.

    Equally long 1-D arrays: wavelength in Angstrom (air, increasing), flux in any unit, its error (0 or NaN outside
    the orders). Raises ValueError if fewer than 100 bins per window are usable.
    """
    inside = _usable(flux, err)
    if inside.sum() < 100 * WINDOWS:
        raise ValueError(f"only {inside.sum()} usable bins of {wave.size}")
    wave, flux, err = wave[inside], flux[inside].astype(float), err[inside].astype(float)
    true = np.interp(wave, WAVE, true_spectrum(seed, technique))
    continuum = Chebyshev.fit(wave, flux / true, CONTINUUM_DEGREE, w=true)(wave)
    residual, error = flux / continuum - true, err / continuum
    shifts = _shifts(wave, true, residual, error)
    middles = np.array([window.mean() for window in np.array_split(wave, WINDOWS)])
    return Agreement(
        chi=float(np.median(np.abs(residual / error)) / GAUSSIAN),
        shift_angstrom=float(shifts.mean()),
        scatter_m_s=float(np.std(shifts / middles) * LIGHT_SPEED),
    )


def _usable(flux: Array, err: Array) -> NDArray[np.bool_]:
    good: NDArray[np.bool_] = np.isfinite(flux) & np.isfinite(err) & (flux != 0) & (err > 0)
    covered = np.flatnonzero(good)
    if covered.size:
        good[: covered[0] + EDGE] = False
        good[max(covered[-1] - EDGE, 0) :] = False
    return good


def _shifts(wave: Array, true: Array, residual: Array, error: Array) -> Array:
    """Least-squares shift of each window in Angstrom: the residual of a shifted spectrum is -shift x its slope."""
    slope = np.gradient(true, wave)
    pull = np.array_split(-slope * residual / error**2, WINDOWS)
    weight = np.array_split((slope / error) ** 2, WINDOWS)
    return np.array([p.sum() / w.sum() for p, w in zip(pull, weight, strict=True)])
