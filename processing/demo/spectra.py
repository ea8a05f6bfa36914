"""The true spectra of the simulated night: star, iodine cell, arc lamp, flat-field lamp and night sky.

All are functions of a seed and of the wavelength in air (Angstrom). Stellar and telluric line positions are real,
iodine and arc lines are random: wavelengths are consistent in themselves, not with any atlas.
"""

from functools import cache

import numpy as np

from processing.demo.geometry import Array

STEP = 0.01
WAVE: Array = np.arange(320000, 690000, dtype=np.float64) * np.float64(STEP)
STAR_STREAM, CELL_STREAM, LAMP_STREAM = 2, 3, 4

# rest wavelength, central depth, half width: Balmer series, Ca, Mg, He, Na
STRONG = (
    (6562.80, 0.60, 7.0),
    (4861.33, 0.64, 6.5),
    (4340.47, 0.65, 6.0),
    (4101.74, 0.64, 6.0),
    (3970.07, 0.63, 6.0),
    (3889.05, 0.60, 5.0),
    (3835.39, 0.58, 5.0),
    (3797.90, 0.54, 4.5),
    (3933.66, 0.50, 0.5),
    (4226.73, 0.22, 0.25),
    (4481.20, 0.34, 0.35),
    (5167.32, 0.30, 0.3),
    (5172.68, 0.36, 0.3),
    (5183.60, 0.40, 0.3),
    (5875.62, 0.26, 0.5),
    (5889.95, 0.44, 0.25),
    (5895.92, 0.38, 0.25),
)
# wavelength, electrons per pixel of the slit in one exposure: mercury from the ground, oxygen and sodium from above
SKY_LINES = (
    (3650.15, 60.0),
    (4046.56, 300.0),
    (4358.34, 400.0),
    (5577.34, 1500.0),
    (5889.95, 200.0),
    (5895.92, 150.0),
    (6300.30, 500.0),
    (6363.78, 170.0),
)


@cache
def truth(seed: int, technique: str) -> Array:
    """Normalised spectrum on WAVE that the telescope sees: the star, behind the iodine cell where there is one."""
    return star(seed) * iodine(seed) if technique == "cell" else star(seed)


@cache
def star(seed: int) -> Array:
    """Normalised spectrum on WAVE that all science targets of a seed share: strong lines and 1500 metal lines."""
    flux = _forest(np.random.default_rng([seed, STAR_STREAM]), (3280.0, 6850.0), lines=1500, deepest=0.8, sigma=0.09)
    for centre, depth, width in STRONG:
        flux = flux * (1.0 - depth / (1.0 + ((WAVE - centre) / width) ** 2))
    return flux


@cache
def iodine(seed: int) -> Array:
    """Transmission of the absorption cell on WAVE: a dense forest between 5000 and 6200 Angstrom."""
    return _forest(np.random.default_rng([seed, CELL_STREAM]), (5000.0, 6200.0), lines=6000, deepest=0.4, sigma=0.06)


@cache
def arc_lines(seed: int) -> Array:
    """Lines of the arc lamp, shape (2, lines): wavelength and electrons in the brightest pixel of the line.

    Neighbours keep a distance that the spectrograph resolves, else the recipe's line list would be ambiguous.
    """
    rng = np.random.default_rng([seed, LAMP_STREAM])
    blue = 3200.0 + np.cumsum(0.22 + rng.exponential(0.55, 1800))
    red = blue[-1] + np.cumsum(0.42 + rng.exponential(0.64, 2200))
    wave = np.concatenate([blue, red])
    wave = np.round(wave[wave < WAVE[-1]], 4)
    return np.array([wave, np.clip(10 ** rng.normal(2.9, 0.45, wave.size), 60.0, 40000.0)])


def starlight(wave: Array) -> Array:
    """Smooth slope of the detected stellar flux (1 near 3900 Angstrom): the atmosphere closes in the ultraviolet."""
    return np.clip((wave - 3050.0) / 900.0, 0.02, 1.3)


def lamplight(wave: Array) -> Array:
    """Smooth slope of the flat-field lamp: a halogen lamp has little blue light."""
    return np.clip((wave - 3000.0) / 1500.0, 0.05, 1.2)


def emission(wave: Array, lines: Array, fwhm: float) -> Array:
    """Emission lines (shape (2, n): wavelength, peak) at the columns whose wavelengths are given; fwhm in columns."""
    inside = lines[:, (lines[0] > wave[0]) & (lines[0] < wave[-1])]
    column = np.arange(wave.size)
    centre = np.interp(inside[0], wave, column)[:, None]
    return np.asarray(inside[1] @ np.exp(-0.5 * ((column - centre) * 2.3548 / fwhm) ** 2), float)


def _forest(rng: np.random.Generator, span: tuple[float, float], *, lines: int, deepest: float, sigma: float) -> Array:
    """Transmission on WAVE of Gaussian lines at random wavelengths within span, with optical depths up to deepest."""
    depth = np.zeros(WAVE.size)
    np.add.at(depth, np.searchsorted(WAVE, rng.uniform(*span, lines)), rng.uniform(0.03, deepest, lines))
    offset = np.arange(-5 * sigma, 5 * sigma + STEP / 2, STEP)
    return np.asarray(np.exp(-np.convolve(depth, np.exp(-0.5 * (offset / sigma) ** 2), "same")), float)
