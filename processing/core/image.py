"""An image on its way to the archive: its pixels, and what is measured on them that the pipeline does not give.

Photometric keywords: ESO Science Data Products Standard issue 8 (ESO-044286), section on imaging.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from processing.core.derive import OF_ORIGIN
from processing.core.keywords import Filled, fill, table
from processing.core.origin import Origin
from processing.core.spectrum import Array

CATEGORY = "SCIENCE.IMAGE"
SIGMA_OF_MAD = 1.4826  # a normal distribution's standard deviation in median absolute deviations
GAUSSIAN_AREA = math.pi / (4 * math.log(2))  # total over peak of a Gaussian of FWHM 1
LIMIT_SIGMA = 5.0
ARCSEC = 3600.0


@dataclass(frozen=True, kw_only=True)
class Image:
    """(ny, nx) pixels, and how many frames contributed to each of them."""

    pixels: Array
    weight: Array

    @property
    def deepest(self) -> Array:
        """(ny, nx) True where most frames contributed, and the pixel is finite: where the image is one of its depth."""
        return np.asarray((self.weight >= self.weight.max()) & np.isfinite(self.pixels))


def background(image: Image) -> tuple[float, float]:
    """Median and robust standard deviation of the deepest pixels; NaN if there are none."""
    values = image.pixels[image.deepest]
    if not values.size:
        return math.nan, math.nan
    middle = float(np.median(values))
    return middle, SIGMA_OF_MAD * float(np.median(np.abs(values - middle)))


def smooth(pixels: Array) -> Array:
    """(ny - 2, nx - 2) means over 3 by 3 pixels: a star stands out, a hot pixel or a cosmic ray does not."""
    rows = pixels[:-2] + pixels[1:-1] + pixels[2:]
    return np.asarray((rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]) / 9)


def brightest(image: Image) -> tuple[int, int]:
    """Row and column of the brightest star's middle among the deepest pixels."""
    filled = np.where(image.deepest, image.pixels, background(image)[0])
    smoothed = smooth(filled)
    row, column = np.unravel_index(int(np.argmax(smoothed)), smoothed.shape)
    return int(row) + 1, int(column) + 1


def fwhm(image: Image, half_box: int = 20) -> float:
    """FWHM in pixels of the brightest star: the diameter of the circle whose area the pixels above half its peak have.

    Good to some percent, since the area is a whole number of pixels after five-fold linear interpolation.
    """
    row, column = brightest(image)
    rows = slice(max(row - half_box, 0), row + half_box + 1)
    columns = slice(max(column - half_box, 0), column + half_box + 1)
    stamp = _finer(np.where(image.deepest, image.pixels, 0.0)[rows, columns] - background(image)[0])
    return 2 * math.sqrt(float((stamp > stamp.max() / 2).sum()) / math.pi) / FINER


FINER = 5


def _finer(stamp: Array) -> Array:
    """Linear interpolation along both axes."""
    for _ in range(2):
        places = np.linspace(0, stamp.shape[0] - 1, (stamp.shape[0] - 1) * FINER + 1)
        low = np.minimum(places.astype(int), stamp.shape[0] - 2)
        part = (places - low)[:, None]
        stamp = (stamp[low] * (1 - part) + stamp[low + 1] * part).T
    return stamp


def signal_to_noise(image: Image) -> float:
    """Peak of the brightest star over the noise, both of means over 3 by 3 pixels; noise alone gives 4 to 6."""
    middle, noise = background(Image(pixels=smooth(image.pixels), weight=image.weight[1:-1, 1:-1]))
    row, column = brightest(image)
    peak = float(np.mean(image.pixels[row - 1 : row + 2, column - 1 : column + 2]))
    return (peak - middle) / noise if noise > 0 else math.nan


def photzp(origin: Origin) -> float | None:
    """Magnitude of 1 ADU: the zero point of the filter for 1 ADU/s, and the length of one integration.

    The pipeline's image is the mean of integrations of DIT seconds each.
    """
    zeropoint, dit = origin.constants.get("ZEROPOINT"), origin.header.get("ESO DET DIT")
    return None if zeropoint is None or not dit else float(zeropoint) + 2.5 * math.log10(float(dit))


def _ab_magnitude(counts: float, origin: Origin) -> float | None:
    zero, offset = photzp(origin), origin.constants.get("AB_OFFSET")
    if zero is None or offset is None or not counts > 0:
        return None
    return zero + float(offset) - 2.5 * math.log10(counts)


def abmaglim(image: Image, origin: Origin) -> float | None:
    """AB magnitude of a point source of 5 sigma, in an aperture with the radius of one FWHM."""
    return _ab_magnitude(LIMIT_SIGMA * background(image)[1] * math.sqrt(math.pi) * fwhm(image), origin)


def abmagsat(image: Image, origin: Origin) -> float | None:
    """AB magnitude of a point source, Gaussian with the measured FWHM, whose peak saturates on top of the sky."""
    limit = origin.constants.get("SATURATION")
    if limit is None:
        return None
    room = float(limit) - float(origin.header.get("ESO QC BACKGD", 0.0))
    return _ab_magnitude(room * GAUSSIAN_AREA * fwhm(image) ** 2, origin)


def scale(origin: Origin) -> float | None:
    """Arcsec per pixel."""
    found = origin.header.get("ESO INS PIXSCALE")
    return None if found is None else float(found)


def cd(origin: Origin, axes: str) -> float | None:
    """An element of the CD matrix in degrees per pixel: north up and east left, turned by the position angle."""
    size = scale(origin)
    if size is None:
        return None
    angle = math.radians(float(origin.header.get("ESO ADA POSANG", 0.0)))
    turned = {"1_1": -math.cos(angle), "1_2": math.sin(angle), "2_1": math.sin(angle), "2_2": math.cos(angle)}
    return size / ARCSEC * turned[axes]


def psf_fwhm(image: Image, origin: Origin) -> float | None:
    """FWHM of the brightest star in arcsec."""
    size = scale(origin)
    return None if size is None else fwhm(image) * size


OF_IMAGE: Mapping[str, Callable[[Image, Origin], Any]] = {
    "photzp": lambda _image, origin: photzp(origin),
    "abmaglim": abmaglim,
    "abmagsat": abmagsat,
    "psf_fwhm": psf_fwhm,
    "cd1_1": lambda _image, origin: cd(origin, "1_1"),
    "cd1_2": lambda _image, origin: cd(origin, "1_2"),
    "cd2_1": lambda _image, origin: cd(origin, "2_1"),
    "cd2_2": lambda _image, origin: cd(origin, "2_2"),
}


def filled(image: Image, origin: Origin) -> list[Filled]:
    """Every keyword with its value and where that was found; raises `ABFailed` if a mandatory one has none."""
    return fill(
        table("image"),
        origin,
        lambda name: OF_IMAGE[name](image, origin) if name in OF_IMAGE else OF_ORIGIN[name](origin),
    )
