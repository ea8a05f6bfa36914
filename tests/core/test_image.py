"""Images: what is measured on the pixels, and the keywords that follow."""

import math
from collections import Counter

import numpy as np
import pytest

from processing.core.derive import OF_ORIGIN
from processing.core.errors import ABFailed
from processing.core.image import OF_IMAGE, Image, background, brightest, filled, fwhm, signal_to_noise
from processing.core.keywords import Place, Status, table
from processing.core.sources import ImageSource
from tests.core.products import SOURCE, origin

HEADER = {
    "TELESCOP": "ESO-VLT-U4",
    "INSTRUME": "NAOS+CONICA",
    "OBJECT": "CLUSTER",
    "RA": 200.0,
    "DEC": -30.0,
    "ESO OBS PROG ID": "089.C-0001(A)",
    "ESO OBS ID": 300,
    "ESO PRO REC1 PIPE ID": "naco/4.4.11",
    "ESO QC FILTER OBS": "Ks",
    "ESO QC BACKGD": 1000.0,
    "ESO INS PIXSCALE": 0.03,
    "ESO DET DIT": 10.0,
}
CONSTANTS = {
    "ORIGIN": "ESO",
    "REFERENC": "",
    "BUNIT": "adu",
    "PHOTSYS": "VEGA",
    "ZEROPOINT": 23.0,
    "AB_OFFSET": 1.85,
    "SATURATION": 15000.0,
}
NOISE, SIGMA, PEAK = 5.0, 2.0, 4000.0
ROW, COLUMN = 40, 60


def star(peak: float = PEAK, sigma: float = SIGMA) -> Image:
    """One star on noise of 5; the outer 10 pixels are covered by some of the frames only."""
    y, x = np.mgrid[0:100, 0:120]
    profile = peak * np.exp(-((y - ROW) ** 2 + (x - COLUMN) ** 2) / (2 * sigma**2))
    weight = np.full(y.shape, 2)
    weight[10:-10, 10:-10] = 6
    return Image(pixels=np.random.default_rng(1).normal(3.0, NOISE, y.shape) + profile, weight=weight)


def cards(image=None, **other):
    values = {"headers": (HEADER,), "constants": CONSTANTS, "qc1": {"qc_refpix_x": 60.5, "qc_refpix_y": 50.5}}
    facts = origin(source=ImageSource(label="Ks", image=SOURCE.chips[0].flux), **(values | other))
    return {one.name: one for one in filled(image or star(), facts)}


def value(keyword, image=None, **other):
    return cards(image, **other)[keyword].value


def test_the_background_is_that_of_the_deepest_pixels():
    image = star()
    image.pixels[:10] = 1000.0
    assert background(image) == pytest.approx((3.0, NOISE), abs=0.3)


def test_an_image_without_a_finite_pixel_has_no_background():
    image = Image(pixels=np.full((5, 5), np.nan), weight=np.ones((5, 5)))
    assert all(math.isnan(number) for number in background(image))


def test_a_hot_pixel_and_a_shallow_corner_are_no_star():
    image = star()
    image.pixels[70, 70] = 3 * PEAK
    image.pixels[:5, :5] = 10 * PEAK
    assert brightest(image) == (ROW, COLUMN)


@pytest.mark.parametrize("sigma", [1.5, 2.0, 3.5])
def test_the_fwhm_is_that_of_the_brightest_star(sigma):
    assert fwhm(star(sigma=sigma)) == pytest.approx(2.3548 * sigma, rel=0.05)


def test_noise_alone_has_a_small_signal_to_noise_ratio_and_a_star_a_large_one():
    assert signal_to_noise(star(peak=0.0)) < 7
    assert signal_to_noise(star()) > 500


def test_the_zero_point_is_for_the_counts_of_one_integration():
    assert value("PHOTZP") == 25.5
    assert cards()["PHOTZP"].asked.place is Place.DERIVED


def test_the_limiting_magnitude_is_five_sigma_of_the_noise_in_an_aperture_of_one_fwhm():
    counts = 5 * NOISE * math.sqrt(math.pi) * 2.3548 * SIGMA
    assert value("ABMAGLIM") == pytest.approx(25.5 + 1.85 - 2.5 * math.log10(counts), abs=0.1)


def test_a_star_saturates_where_its_peak_fills_what_the_sky_leaves():
    counts = 5000 * 2 * math.pi * SIGMA**2
    assert value("ABMAGSAT", headers=({**HEADER, "ESO QC BACKGD": 10000.0},)) == pytest.approx(
        25.5 + 1.85 - 2.5 * math.log10(counts), abs=0.1
    )


@pytest.mark.parametrize(
    ("angle", "matrix"),
    [(0.0, (-1, 0, 0, 1)), (90.0, (0, 1, 1, 0)), (180.0, (1, 0, 0, -1))],
)
def test_the_matrix_has_north_up_and_east_left_turned_by_the_position_angle(angle, matrix):
    found = cards(headers=({**HEADER, "ESO ADA POSANG": angle},))
    scales = [found[f"CD{axes}"].value * 3600 / 0.03 for axes in ("1_1", "1_2", "2_1", "2_2")]
    assert scales == pytest.approx(matrix, abs=1e-12)


def test_what_the_pipeline_writes_itself_goes_before_what_is_measured():
    found = cards(headers=({**HEADER, "CRPIX1": 7.0, "CD1_1": -1e-5},))
    assert [(found[key].value, found[key].asked.place) for key in ("CRPIX1", "CD1_1")] == [
        (7.0, Place.PIPELINE),
        (-1e-5, Place.PIPELINE),
    ]
    assert cards()["CRPIX1"].asked.place is Place.DATABASE


@pytest.mark.parametrize("missing", ["ZEROPOINT", "AB_OFFSET", "SATURATION"])
def test_a_filter_without_photometry_makes_no_product(missing):
    constants = {key: number for key, number in CONSTANTS.items() if key != missing}
    with pytest.raises(ABFailed, match="ABMAGSAT has no value"):
        cards(constants=constants)


def test_the_table_of_images_names_a_keyword_once_and_each_derived_value_has_its_function():
    rows = table("image")
    asked = {source.key for row in rows for source in row.sources if source.kind == "derive"}
    assert asked <= {*OF_IMAGE, *OF_ORIGIN}
    assert {*OF_IMAGE} <= asked
    names = Counter(row.name for row in rows if row.status is not Status.FORBIDDEN)
    assert max(names.values()) == 1
