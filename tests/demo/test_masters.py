"""Master calibrations by the real recipes, and a science frame reduced with them."""

import numpy as np
import pytest
from astropy.io import fits

from processing.core.ab import parse
from processing.demo import masters
from processing.demo.masters import install, make, steps
from processing.demo.raws import FORMAT
from processing.demo.truth import agreement
from processing.plugins import esorex
from processing.plugins.executors.local import LocalExecutor

NIGHT = "2012-05-09"

pytestmark = [
    pytest.mark.esorex,
]


@pytest.fixture(scope="module")
def blue(tmp_path_factory):
    """The blue calibrations of the night, and how often their making was announced."""
    announced: list[str] = []
    cache = tmp_path_factory.mktemp("cache")
    return make(cache, seed=1, date=NIGHT, arms=["blue"], advance=announced.append), announced


def reduce(night, key, folder, scratch):
    """Run the recipe of a block with exactly the files it names: exit code and products by category."""
    install(folder, night.folder / "archive")
    archive, ab = night.folder / "archive", parse(night.ab(key).read_text(), night.ab(key).name)
    frames = [(night.raw(key), ab.raws[0].tag)]
    frames += [(archive / "mcalib" / calib.name, calib.category) for calib in ab.mcalibs]
    frames += [(archive / "gencalib" / calib.name, calib.category) for calib in ab.gencalibs]
    finished = LocalExecutor().run(esorex.command(ab.recipe, frames, scratch, parameters=ab.parameters))
    return finished.exit_code, {product.category: product.path for product in esorex.products(scratch)}


def order_sn(product):
    header = fits.getheader(product)
    return float(np.median([header[key] for key in header if key.startswith("ESO QC ORD") and key.endswith(" SN")]))


def test_every_step_of_the_making_is_announced(blue):
    assert len(blue[1]) == steps(["blue"])


def test_the_masters_are_called_and_dated_as_the_blocks_say(blue, night):
    folder, ab = blue[0] / "blue" / "mcalib", parse(night.ab("blue").read_text(), "blue.ab")
    header = fits.getheader(night.raw("blue"))
    middle = header["MJD-OBS"] + header["EXPTIME"] / 2 / 86400
    for calib in ab.mcalibs:
        taken = fits.getheader(folder / calib.name)["MJD-OBS"]
        assert taken - middle == pytest.approx(calib.dt, abs=6e-4)


def test_a_second_making_finds_everything_and_announces_nothing(blue):
    announced: list[str] = []
    assert make(blue[0].parent, seed=1, date=NIGHT, arms=["blue"], advance=announced.append) == blue[0]
    assert announced == []


def test_the_extracted_spectrum_agrees_with_the_true_one(blue, night, tmp_path):
    exit_code, products = reduce(night, "blue-flux", blue[0], tmp_path)
    assert exit_code == 0
    flux, header = fits.getdata(products["RED_SCI_POINT_BLUE"], header=True)
    wave = header["CRVAL1"] + header["CDELT1"] * np.arange(flux.size)
    found = agreement(wave, flux, fits.getdata(products["ERRORBAR_SCI_POINT_BLUE"]), seed=1, technique="point")
    assert 0.5 < found.chi < 1.2
    assert abs(found.shift_angstrom) < 0.001
    assert order_sn(products["RED_SCI_POINT_BLUE"]) > 30
    assert fits.getheader(products["FLUXCAL_SCI_POINT_BLUE"])["BUNIT"].startswith("10^-16 erg")


@pytest.mark.parametrize("key", ["noise", "saturated"])
def test_a_frame_without_signal_is_reduced_to_no_signal(blue, night, tmp_path, key):
    exit_code, products = reduce(night, key, blue[0], tmp_path)
    assert exit_code == 0
    assert order_sn(products["RED_SCI_POINT_BLUE"]) < 1


def test_a_truncated_raw_file_makes_the_recipe_fail(blue, night, tmp_path):
    exit_code, products = reduce(night, "truncated", blue[0], tmp_path)
    assert exit_code != 0
    assert products == {}


def test_a_failed_recipe_is_named_with_its_errors_and_leaves_no_calibrations(tmp_path, monkeypatch):
    without_line_list = masters.Step("uves_cal_predict", FORMAT, ())
    monkeypatch.setattr(masters, "CASCADE", (masters.CASCADE[0], without_line_list))
    with pytest.raises(RuntimeError, match=r"uves_cal_predict ended with exit code 10: .*ERROR"):
        make(tmp_path, seed=1, date=NIGHT, arms=["blue"], advance=lambda _: None)
    assert not list(tmp_path.glob("*/blue"))
