"""The simulated instrument: its spectral formats, its light and its detectors."""

from datetime import UTC, datetime

import numpy as np
import pytest

from processing.demo.abfiles import Block, text
from processing.demo.calibrations import BIAS, LINES, response_name
from processing.demo.detectors import ARMS, BLUE, RED
from processing.demo.frames import Shot, Target, Value
from processing.demo.geometry import BLUE_390, REDL_580, REDU_580
from processing.demo.plan import Kind
from processing.demo.raws import BIASES, take
from processing.demo.scenes import cosmics, footprints, full_slit, paint, read_out, seeing
from processing.demo.spectra import arc_lines, emission

REDU, REDL = RED.chips


@pytest.mark.parametrize("chip", [*BLUE.chips, *RED.chips], ids=lambda chip: chip.name)
def test_neighbouring_orders_overlap_in_wavelength(chip):
    first, last = chip.format.orders
    for order in range(first, last):
        assert chip.format.wave(order + 1)[-1] > chip.format.wave(order)[0]


def test_the_settings_cover_the_wavelengths_they_are_named_for():
    assert any(BLUE_390.wave(order)[0] < 3900 < BLUE_390.wave(order)[-1] for order in range(103, 145))
    assert REDL_580.wave(105)[-1] < 5900 < REDU_580.wave(103)[-1]


def test_a_star_of_unit_light_keeps_its_light_on_the_detector():
    image = paint(RED, REDL, np.ones_like, seeing(2.6, position=0.7))
    order = footprints(RED, REDL)[12]
    column = 1000
    rows = order.row[:, column]
    assert image[rows, column].sum() == pytest.approx(order.blaze[column], rel=0.01)


def test_an_arc_line_lies_where_its_wavelength_says():
    wave = REDL.format.wave(117)
    line = np.array([[wave[700]], [1000.0]])
    assert np.argmax(emission(wave, line, 3.0)) == 700


def test_arc_lines_keep_a_distance_that_the_spectrograph_resolves():
    wave, peak = arc_lines(1)
    assert np.diff(wave).min() > 0.21
    assert (wave[0] < 3300, wave[-1] > 6850) == (True, True)
    assert peak.min() >= 60


@pytest.mark.parametrize(("chip", "turn"), [(BLUE.chips[0], False), (REDL, True)], ids=["blue", "red"])
def test_a_raw_frame_turned_back_shows_the_scene(chip, turn):
    scene = np.zeros((1024, chip.format.columns))
    scene[100, 300] = 50000.0
    raw = read_out(np.random.default_rng(0), chip, scene)
    window = raw[::-1, 25:-25].T
    brightest = np.argmax(window[::-1] if turn else window)
    assert brightest == 100 * chip.format.columns + 300


def test_cosmic_rays_add_light_and_leave_the_scene_itself_alone():
    scene = np.zeros((1024, 1500))
    hit = cosmics(np.random.default_rng(0), scene, 20)
    assert scene.max() == 0
    assert 20 <= np.count_nonzero(hit) <= 100


def test_a_slit_is_evenly_lit_inside_and_dark_outside():
    light = full_slit(8.0)(np.array([-12.0, -8.0, 0.0, 7.0, 12.0]))
    assert light == pytest.approx([0.0, 0.5, 1.0, 0.99, 0.0], abs=0.01)


def test_names_of_master_calibrations_follow_the_archive():
    assert BIAS.name(RED, REDU, "2012-05-09") == "UV_MBIA_120509A_REDU_2x2.fits"
    assert LINES.name(BLUE, BLUE.chips[0], "2012-05-09") == "UV_PLI2_120509A_BLUE390d1_2x2_10.fits"
    assert response_name(RED, REDL) == "UV_MRSP_040901A_REDL580d1.fits"


def test_raw_calibrations_are_taken_one_after_the_other_with_noise_of_their_own(tmp_path):
    frames = take(tmp_path, BLUE, BIASES, seed=1, night="2012-05-09")
    assert [path.name for path, _ in frames] == [f"UVES.2012-05-10T10:{m}:00.000.fits" for m in (12, 13, 14)]
    assert {tag for _, tag in frames} == {"BIAS_BLUE"}
    assert len({path.read_bytes()[-100_000:] for path, _ in frames}) == 3


def test_a_block_is_tab_separated_and_starts_like_one():
    keys: dict[str, Value] = {"DPR TECH": "ECHELLE", "OBS PROG ID": "089.D-0001(A)", "OBS ID": 7}
    start = datetime(2012, 5, 10, 3, 17, 42, 861000, UTC)
    shot = Shot(arm=ARMS["blue"], start=start, seconds=900.0, target=Target(name="X"), keys=keys)
    kind = Kind(key="blue", arm="blue")
    block = Block(shot=shot, tag="SCI_POINT_BLUE", recipe="uves_obs_scired", night="2012-05-09", kind=kind)
    lines = text(block).splitlines()
    assert lines[:2] == ["TOOL_VERSION\t4.2.1", "CONFIG_VERSION\t2.07\t# config.createAB"]
    assert "AB_NAME\tUVES.2012-05-10T03:17:42.861.ab" in lines
    assert "MJD-OBS\t56057.13730163" in lines
    assert "RAWFILE\t$DFO_RAW_DIR/2012-05-09/UVES.2012-05-10T03:17:42.861.fits\tSCI_POINT_BLUE" in lines
