"""How an image is compared with the known stars of the simulation."""

import numpy as np
import pytest
from astropy.io import fits

from processing.demo import naco
from processing.demo.image_truth import agreement

NOISE = 15.0
FRAMES = len(naco.JITTER)


@pytest.fixture
def observed(tmp_path):
    """Writes an image as an ideal pipeline makes it, moved by some pixels, with the light of a seed's stars."""

    def write(seed=1, *, moved=0.0, scale=1.0, noise=NOISE):
        rng = np.random.default_rng(0)
        light = rng.poisson(naco.field_of(naco.stars(seed), moved, 0.0) * FRAMES) / FRAMES
        hdu = fits.PrimaryHDU((scale * light + rng.normal(0.0, noise, light.shape)).astype(np.float32))
        step = naco.SCALE / 3600
        hdu.header.update(
            CTYPE1="RA---TAN", CTYPE2="DEC--TAN", CRVAL1=naco.RA, CRVAL2=naco.DEC, CD1_1=-step, CD2_2=step,
            CRPIX1=(naco.SIZE + 1) / 2, CRPIX2=(naco.SIZE + 1) / 2,
        )  # fmt: skip
        hdu.writeto(tmp_path / "image.fits")
        return tmp_path / "image.fits"

    return write


def test_a_perfect_image_agrees_within_its_noise(observed):
    found = agreement(observed(), seed=1)
    assert found.stars >= 10
    assert found.distance < 0.1
    assert found.flux_ratio == pytest.approx(1.0, abs=0.005)
    assert found.scatter < 0.03


def test_wrong_coordinates_show_as_a_distance(observed):
    assert agreement(observed(moved=1.0), seed=1).distance == pytest.approx(1.0, abs=0.1)


def test_lost_light_shows_in_the_fluxes(observed):
    found = agreement(observed(scale=0.9), seed=1)
    assert found.flux_ratio == pytest.approx(0.9, abs=0.01)


def test_fluxes_that_are_right_on_average_only_show_as_scatter(observed):
    assert agreement(observed(noise=300.0), seed=1).scatter > 0.05


def test_the_stars_of_another_seed_do_not_agree(observed):
    assert abs(agreement(observed(seed=2), seed=1).flux_ratio) < 0.5


def test_the_comparison_in_a_sentence(observed):
    assert "stars, 0.0" in str(agreement(observed(), seed=1))
