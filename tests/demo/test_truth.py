"""How a spectrum is compared with the known input of the simulation."""

import numpy as np
import pytest

from processing.demo.spectra import WAVE, truth
from processing.demo.truth import agreement

GRID = np.arange(4780.0, 5760.0, 0.03)
NOISE = 0.01


def observed(*, shift=0.0, technique="point", noise=NOISE):
    """A star as an ideal spectrograph sees it, on a sloping continuum, with known noise."""
    slope = 500.0 * (1.0 + (GRID - 5000.0) / 2000.0)
    star = np.interp(GRID - shift, WAVE, truth(3, technique))
    rng = np.random.default_rng(0)
    return slope * (star + noise * rng.standard_normal(GRID.size)), slope * NOISE


def test_a_perfect_spectrum_agrees_within_its_errors():
    flux, err = observed()
    found = agreement(GRID, flux, err, seed=3, technique="point")
    assert found.chi == pytest.approx(1.0, abs=0.05)
    assert abs(found.shift_angstrom) < 2e-4
    assert found.scatter_m_s < 40


def test_a_shifted_wavelength_scale_is_found_with_its_sign():
    flux, err = observed(shift=0.005)
    assert agreement(GRID, flux, err, seed=3, technique="point").shift_angstrom == pytest.approx(0.005, rel=0.1)


def test_errors_that_are_too_small_show_as_a_large_chi():
    flux, err = observed(noise=3 * NOISE)
    assert agreement(GRID, flux, err, seed=3, technique="point").chi == pytest.approx(3.0, abs=0.15)


def test_the_absorption_cell_is_part_of_the_truth():
    flux, err = observed(technique="cell")
    assert agreement(GRID, flux, err, seed=3, technique="cell").chi < 1.1
    assert agreement(GRID, flux, err, seed=3, technique="point").chi > 2


def test_the_star_of_another_seed_does_not_agree():
    flux, err = observed()
    assert agreement(GRID, flux, err, seed=4, technique="point").chi > 2


def test_bins_outside_the_orders_are_left_out_whether_zero_or_nan():
    flux, err = observed()
    whole = agreement(GRID[2000:-2000], flux[2000:-2000], err[2000:-2000], seed=3, technique="point")
    for outside in (0.0, np.nan):
        flux[:2000] = err[:2000] = flux[-2000:] = err[-2000:] = outside
        assert agreement(GRID, flux, err, seed=3, technique="point") == whole


def test_a_spectrum_without_signal_is_refused():
    with pytest.raises(ValueError, match="only 0 usable bins"):
        agreement(GRID, np.zeros(GRID.size), np.zeros(GRID.size), seed=3, technique="point")
