"""Trimming and joining spectra, and their small pictures."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processing.core.spectrum import Spectrum, join, preview, trim
from tests.core.products import FLUX, REDUCED, spectrum


def without_data(data, pixels):
    """The same spectrum with those pixels bad."""
    columns = {name: values.copy() for name, values in data.columns.items()}
    for name, values in columns.items():
        values[pixels] = 1 if name == "QUAL" else np.nan
    return Spectrum(wave=data.wave, columns=columns)


def test_only_the_ends_without_data_are_cut():
    cut = trim(without_data(spectrum(), [0, 1, 7, 19]))
    assert cut.wave == pytest.approx(spectrum().wave[2:19])
    assert list(np.flatnonzero(~cut.good)) == [5]
    assert {values.size for values in cut.columns.values()} == {17}


def test_a_spectrum_without_any_data_cannot_be_cut():
    with pytest.raises(ValueError, match="no good pixel"):
        trim(without_data(spectrum(), slice(None)))


def test_chips_with_a_gap_between_them_are_joined_in_the_order_of_wavelength():
    lower, upper = spectrum(start=4800.0), spectrum(start=5850.0)
    both = join([upper, lower])
    assert both.wave == pytest.approx([*lower.wave, *upper.wave])
    assert both.columns["FLUX"].size == 40


def test_where_chips_overlap_the_lower_one_stands():
    lower, upper = spectrum(start=5000.0), spectrum(start=5000.29)
    upper.columns["FLUX"][:] = 7.0
    both = join([upper, lower])
    assert np.all(np.diff(both.wave) > 0)
    assert list(both.columns["FLUX"]) == [100.0] * 20 + [7.0] * 15


def test_a_chip_within_another_adds_nothing():
    outer, inner = spectrum(size=100), spectrum(start=5000.51, size=10)
    assert join([outer, inner]).wave.size == 100


def test_a_column_that_one_chip_lacks_is_left_out_of_the_whole():
    both = join([spectrum((*FLUX, *REDUCED)), spectrum(REDUCED, start=6000.0)])
    assert list(both.columns) == [*REDUCED, "QUAL"]
    assert not both.is_calibrated


@given(st.lists(st.floats(4000, 6000), min_size=1, max_size=4))
def test_a_joined_spectrum_always_increases(starts):
    both = join([spectrum(start=start) for start in starts])
    assert np.all(np.diff(both.wave) > 0)
    assert {values.size for values in both.columns.values()} == {both.wave.size}


@pytest.mark.parametrize(("size", "bins"), [(1, 1), (20, 20), (300, 300), (301, 150), (5000, 294), (85_123, 299)])
def test_a_preview_has_at_most_three_hundred_bins(size, bins):
    small = preview(spectrum(size=size))
    assert {key: len(values) for key, values in small.items()} == {"wave": bins, "low": bins, "high": bins}


def test_a_preview_shows_range_and_place_in_four_digits():
    data = spectrum(size=600)
    data.columns["FLUX"][::2] = 123.456
    small = preview(data)
    assert small["wave"][:2] == [5000.01, 5000.05]
    assert (small["low"][0], small["high"][0]) == (100.5, 123.0)


def test_a_preview_is_of_the_calibrated_flux_or_else_of_the_reduced():
    data = spectrum()
    data.columns["FLUX"][:] = 5.0
    assert preview(data)["low"] == [5.0] * 20
    assert preview(spectrum(REDUCED))["low"] == [100.0] * 20


def test_a_preview_leaves_out_bad_pixels():
    assert len(preview(without_data(spectrum(), [3, 4]))["wave"]) == 18


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_preview_holds_numbers_only_even_if_the_calibration_does_not(value):
    data = spectrum(size=600)
    data.columns["FLUX"][:100] = value
    json.dumps(preview(data), allow_nan=False)


def test_a_spectrum_without_data_has_an_empty_preview():
    assert preview(without_data(spectrum(), slice(None))) == {"wave": [], "low": [], "high": []}
