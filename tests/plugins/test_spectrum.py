"""Reading pipeline spectra and writing archive products, with ESO's and NASA's programs as judges."""

import subprocess
import warnings

import numpy as np
import pytest
from astropy.io import fits

from processing.core.idp import extension_cards, primary_cards
from processing.core.sources import ChipFiles, SpectrumSource
from processing.plugins import spectrum
from processing.plugins.fits import Damaged
from processing.plugins.phase3 import together
from tests.core.products import FLUX, HEADER, REDUCED, origin
from tests.core.products import spectrum as small
from tests.plugins.frames import header, vector

NAME = "ADP.2012-05-11T06:07:08.000.fits"


def chip(folder, name, flux, start=5000.0):
    """The files of a chip: errors are 2, the sky is 1."""
    axis = {"CRVAL1": start}
    values = {"flux": flux, "error": np.full(len(flux), 2.0), "sky": np.ones(len(flux))}
    files = {what: vector(folder / f"{name}-{what}.fits", data, axis) for what, data in values.items()}
    return ChipFiles(**files)


def source(*chips):
    return SpectrumSource(label="RED580", chips=chips, slit_key="ESO INS SLIT3 WID", grating_key="ESO INS GRAT2 NAME")


def write(folder, data):
    """The product of that spectrum as a file."""
    cards = (primary_cards(data, origin()), extension_cards(data, origin()))
    inherited = header({**HEADER, "ESO QC ORD1 OBJ SN": 5.0, "ESO OBS NAME": "night"})
    spectrum.write(folder / NAME, data, cards, inherited.tostring(endcard=False, padding=False).encode())
    return folder / NAME


def findings(path):
    """What the rules have against it."""
    ((_, found),) = together([path])
    return found


@pytest.fixture(params=[(*FLUX, *REDUCED), REDUCED], ids=["calibrated", "uncalibrated"])
def data(request):
    return small(request.param, size=500)


def test_pixels_where_no_order_reaches_are_no_measurement(tmp_path):
    read, _ = spectrum.read_chip(chip(tmp_path, "a", [0.0, 5.0, 0.0, np.nan, 7.0, 0.0]))
    assert read.wave == pytest.approx([5000.02, 5000.04, 5000.06, 5000.08])
    assert list(read.columns["QUAL"]) == [0, 1, 1, 0]
    for name, value in (("FLUX_REDUCED", 5.0), ("ERR_REDUCED", 2.0), ("BGFLUX_REDUCED", 1.0)):
        assert read.columns[name][0] == value
        assert np.isnan(read.columns[name][1:3]).all()


def test_the_chips_of_an_arm_are_read_as_one_spectrum_with_a_header_each(tmp_path):
    lower, upper = chip(tmp_path, "l", [1.0, 2.0], 4800.0), chip(tmp_path, "u", [3.0, 4.0], 5900.0)
    read, headers = spectrum.read(source(upper, lower))
    assert list(read.columns["FLUX_REDUCED"]) == [1.0, 2.0, 3.0, 4.0]
    assert [h.values["CRVAL1"] for h in headers] == [5900.0, 4800.0]


@pytest.mark.parametrize("kept", [100, 2880, 2884])
def test_a_pipeline_file_that_is_not_whole_is_damaged(tmp_path, kept):
    whole = chip(tmp_path, "a", [1.0, 2.0]).flux
    whole.write_bytes(whole.read_bytes()[:kept])
    with pytest.raises(Damaged, match=whole.name):
        spectrum.read_image(whole)


def test_stored_integers_are_scaled_to_physical_values(tmp_path):
    hdu = fits.PrimaryHDU(np.array([1, 2], np.int16))
    hdu.header["BSCALE"], hdu.header["BZERO"] = 0.5, 10.0
    hdu.writeto(tmp_path / "scaled.fits")
    assert list(spectrum.read_image(tmp_path / "scaled.fits")[0]) == [10.5, 11.0]


def test_a_chip_without_any_data_does_not_cost_the_other_its_product(tmp_path):
    dead, good = chip(tmp_path, "l", [0.0, 0.0], 4800.0), chip(tmp_path, "u", [3.0, 4.0], 5900.0)
    read, _ = spectrum.read(source(dead, good))
    assert list(read.columns["FLUX_REDUCED"]) == [3.0, 4.0]


def test_reading_a_product_back_gives_its_arrays(tmp_path, data):
    back = spectrum.of(spectrum.read_back(write(tmp_path, data)))
    assert np.array_equal(back.wave, data.wave)
    assert list(back.columns) == list(data.columns)
    assert all(np.array_equal(back.columns[name], values) for name, values in data.columns.items())


def test_values_that_are_no_numbers_are_kept(tmp_path, data):
    data.columns["ERR_REDUCED"][:] = np.nan
    assert np.isnan(spectrum.read_back(write(tmp_path, data)).arrays["ERR_REDUCED"]).all()


def test_a_written_product_breaks_no_rule(tmp_path, data):
    assert findings(write(tmp_path, data)) == []


def test_both_checksums_of_a_written_product_hold(tmp_path, data):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with fits.open(write(tmp_path, data), checksum=True) as hdus:
            assert [{"CHECKSUM", "DATASUM"} <= set(hdu.header) for hdu in hdus] == [True, True]
            assert hdus[1].data.shape == (1,)


def test_the_header_keeps_what_describes_the_observation(tmp_path, data):
    kept = fits.getheader(write(tmp_path, data))
    assert (kept["ESO OBS NAME"], kept["ESO INS SLIT3 WID"]) == ("night", 1.0)
    assert "ESO QC ORD1 OBJ SN" not in kept


def test_fitsverify_finds_nothing_wrong_with_a_written_product(tmp_path, data):
    judged = subprocess.run(["fitsverify", write(tmp_path, data)], capture_output=True, text=True, check=False)
    assert "found 0 warning(s) and 0 error(s)" in judged.stdout
    assert judged.returncode == 0


@pytest.mark.parametrize("place", [3000, -3000])
def test_a_changed_byte_is_noticed_when_a_product_is_read_back(tmp_path, data, place):
    path = write(tmp_path, data)
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    with pytest.raises(Damaged, match=NAME):
        spectrum.read_back(path)


def test_a_write_that_is_interrupted_leaves_nothing(tmp_path, too_large):
    with pytest.raises(OSError, match="large"):
        write(tmp_path, small(size=100_000))
    assert [path.name for path in tmp_path.iterdir()] == [too_large.name]


def test_a_write_replaces_what_an_earlier_attempt_left(tmp_path, data):
    (tmp_path / NAME).write_text("half of it")
    assert findings(write(tmp_path, data)) == []
