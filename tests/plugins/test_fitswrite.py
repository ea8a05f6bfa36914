"""HDUs put together as bytes, with astropy as the judge of their sums."""

import io
import warnings

import numpy as np
import pytest
from astropy.io import fits

from processing.plugins import fitswrite


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("size", [0, 1, 2880, 9999])
def test_both_sums_of_an_hdu_hold_whatever_its_data_are(seed, size):
    data = np.random.default_rng(seed).integers(0, 256, size, dtype=np.uint8)
    axes = [("NAXIS", 1), ("NAXIS1", size)] if size else [("NAXIS", 0)]
    cards = fits.Header([("SIMPLE", True), ("BITPIX", 8), *axes]).tostring(endcard=False, padding=False)
    written = b"".join(fitswrite.hdu(cards.encode(), data.data))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with fits.open(io.BytesIO(written), checksum=True) as hdus:
            assert {"CHECKSUM", "DATASUM"} <= set(hdus[0].header)
            assert size == 0 or np.array_equal(hdus[0].data, data)
    assert len(written) % 2880 == 0


def test_a_checksum_is_of_letters_and_digits_only():
    values = np.random.default_rng(1).integers(0, 1 << 32, 2000)
    assert all(fitswrite.encoded(int(value)).isalnum() for value in values)
