"""How well an archived image agrees with the stars that were simulated."""

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS, FITSFixedWarning
from numpy.typing import NDArray

from processing.demo import naco
from processing.demo.geometry import Array

APERTURE = 4 * naco.SIGMA  # holds all but 0.03 % of the light
SKY_FROM, SKY_TO = 6 * naco.SIGMA, 11 * naco.SIGMA
ALONE = SKY_TO  # no other star's middle within this distance, in pixels
GAUSSIAN = 0.6745  # median absolute deviation of a normal distribution of unit width


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Medians over the stars that stand alone."""

    stars: int
    distance: float
    """Pixels between where the coordinates put a star and where its light is."""
    flux_ratio: float
    """Measured over true."""
    scatter: float
    """Robust width of these ratios; the recipe gives no errors to compare it with."""

    def __str__(self) -> str:
        light = f"{self.flux_ratio:.3f} ± {self.scatter:.3f} of their light"
        return f"{self.stars} stars, {self.distance:.2f} pixel from their places, {light}"


def agreement(file: Path, *, seed: int) -> Agreement:
    """Compare an image in counts per integration with the input; ValueError if no star stands alone in it."""
    pixels = np.asarray(fits.getdata(file), dtype=float)
    catalogue = naco.stars(seed)
    catalogue = catalogue[_alone(catalogue)]
    if not len(catalogue):
        raise ValueError("no star stands alone")
    found = np.array([_measure(pixels, x, y) for x, y in _places(file, catalogue)])
    ratios = found[:, 0] / catalogue[:, 2]
    middle = float(np.median(ratios))
    return Agreement(
        stars=len(catalogue),
        distance=float(np.median(found[:, 1])),
        flux_ratio=middle,
        scatter=float(np.median(np.abs(ratios - middle))) / GAUSSIAN,
    )


def _alone(catalogue: Array) -> NDArray[np.bool_]:
    apart = np.hypot(*(catalogue[:, None, axis] - catalogue[None, :, axis] for axis in (0, 1)))
    np.fill_diagonal(apart, np.inf)
    return np.asarray(apart.min(axis=1) > ALONE)


def _places(file: Path, catalogue: Array) -> Array:
    """(n, 2): column and row from 0 where the product's own coordinates put the stars."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FITSFixedWarning)  # it fills in dates that the standard does not ask for
        return np.asarray(WCS(fits.getheader(file)).all_world2pix(naco.sky(catalogue), 0))


def _measure(pixels: Array, x: float, y: float) -> tuple[float, float]:
    """Counts in the aperture above the ring around it, and how far their middle is from the given place."""
    row, column = np.mgrid[: pixels.shape[0], : pixels.shape[1]]
    radius = np.hypot(column - x, row - y)
    inside, ring = radius < APERTURE, pixels[(radius > SKY_FROM) & (radius < SKY_TO)]
    light = pixels[inside] - np.median(ring)
    dx, dy = ((place[inside] * light).sum() / light.sum() - middle for place, middle in ((column, x), (row, y)))
    return float(light.sum()), float(np.hypot(dx, dy))
