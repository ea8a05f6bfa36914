"""Light on the detectors: expected electrons from spectra and slit profiles, and their noisy read-out."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from processing.demo.detectors import BIAS_LEVEL, ROWS, SATURATION, SCAN, Arm, Chip
from processing.demo.geometry import Array

Spectrum = Callable[[Array], Array]  # wavelength of every column -> electrons of every column
Profile = Callable[[Array], Array]  # distance from the order's centre in rows -> share of the light


@dataclass(frozen=True)
class Footprint:
    """The pixels of one order: arrays of shape (rows across, columns), wavelength and blaze of shape (columns,)."""

    row: NDArray[np.int64]
    offset: Array
    on_chip: NDArray[np.bool_]
    wave: Array
    blaze: Array


@cache
def footprints(arm: Arm, chip: Chip) -> tuple[Footprint, ...]:
    """The orders of a chip, the same for every exposure; the blaze is that of a grating, sinc squared."""
    across = np.arange(-int(arm.slit_half) - 3, int(arm.slit_half) + 4)[:, None]
    first, last = chip.format.orders

    def footprint(order: int) -> Footprint:
        centre, wave = chip.format.row(order), chip.format.wave(order)
        row = np.rint(centre).astype(np.int64) + across
        blaze = np.sinc(order - arm.blaze / wave) ** 2
        return Footprint(row - 1, row - centre, (row >= 1) & (row <= ROWS), wave, blaze)

    return tuple(footprint(order) for order in range(first, last + 1))


def paint(arm: Arm, chip: Chip, spectrum: Spectrum, profile: Profile) -> Array:
    """Expected electrons of a light source, shape (ROWS, columns), in the orientation of the recipes."""
    image = np.zeros((ROWS, chip.format.columns))
    column = np.arange(chip.format.columns)
    for order in footprints(arm, chip):
        light = spectrum(order.wave) * order.blaze * profile(order.offset)
        columns = np.broadcast_to(column, light.shape)
        image[order.row[order.on_chip], columns[order.on_chip]] += light[order.on_chip]
    return image


def full_slit(half: float) -> Profile:
    """An evenly lit slit with soft edges, half its length in rows."""
    return lambda offset: 0.5 * (1.0 + np.tanh((half - np.abs(offset)) / 0.45))


def seeing(fwhm: float, position: float = 0.0) -> Profile:
    """A star at a position in the slit, of unit total light."""
    sigma = fwhm / 2.3548
    return lambda offset: np.exp(-0.5 * ((offset - position) / sigma) ** 2) / (sigma * np.sqrt(2 * np.pi))


def cosmics(rng: np.random.Generator, image: Array, hits: int) -> Array:
    """The image with short straight tracks of charged particles added."""
    hit = image.copy()
    for row, column in zip(
        rng.integers(5, image.shape[0] - 9, hits), rng.integers(5, image.shape[1] - 9, hits), strict=True
    ):
        down, right = rng.integers(0, 2, 2)
        for pixel in range(rng.integers(1, 5)):
            hit[row + pixel * down, column + pixel * right] += rng.uniform(1500.0, 15000.0)
    return hit


def read_out(rng: np.random.Generator, chip: Chip, image: Array) -> NDArray[np.int32]:
    """The raw pixels (ADU) of expected electrons: photon and read noise, bias, scan columns, turned as stored.

    The recipes turn a raw frame by 90 degrees (and mirror the red chips); this is the way back.
    """
    turned = image.T[::-1, ::-1] if chip.mirrored else image.T[::-1]
    electrons = np.pad(turned, ((0, 0), (SCAN, SCAN)))
    electrons += rng.standard_normal(electrons.shape) * np.sqrt(electrons + chip.read_noise**2)
    return np.clip(np.rint(electrons / chip.electrons_per_adu + BIAS_LEVEL), 0, SATURATION).astype(np.int32)


def raw_shape(arm: Arm) -> tuple[int, int]:
    """Rows and columns that the detector software announces for the window of all chips."""
    return arm.chips[0].format.columns, len(arm.chips) * (ROWS + 2 * SCAN)
