"""The raw frames and association blocks of a simulated night."""

from datetime import date

import numpy as np
import pytest
from astropy.io import fits

from processing.core.ab import parse
from processing.core.errors import BadAB
from processing.demo import naco
from processing.demo.night import simulate
from processing.demo.plan import KINDS, plan

NIGHT = "2012-05-09"


def files_of(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def block(night, key):
    return parse(night.ab(key).read_text(), night.ab(key).name)


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    for name in ("first", "second"):
        simulate(tmp_path / name, kinds=plan(3), seed=5, date=NIGHT, advance=lambda _: None)
    assert files_of(tmp_path / "first") == files_of(tmp_path / "second")


def test_another_seed_gives_other_frames(tmp_path):
    one, two = (simulate(tmp_path, kinds=plan(1), seed=seed, date=NIGHT, advance=lambda _: None)[0] for seed in (1, 2))
    frames = [fits.getdata(tmp_path / "archive" / "raw" / f"{made.dp_id}.fits") for made in (one, two)]
    assert one.target != two.target
    assert not np.array_equal(*frames)


def test_every_block_has_its_frame_and_is_announced_once_in_order(night):
    assert [planned.kind for planned in night.planned] == list(KINDS)
    assert night.announced == [planned.dp_id for planned in night.planned]
    assert {p.name for p in (night.folder / "abs").iterdir()} == {p.ab_name for p in night.planned}
    raws = {p.stem for p in (night.folder / "archive" / "raw").glob("UVES.*")}
    assert raws == {p.dp_id for p in night.planned if p.kind.arm}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.trouble != "malformed"], ids=lambda kind: kind.key)
def test_the_block_of_every_kind_is_read_as_the_frame_it_belongs_to(night, kind):
    ab, planned = block(night, kind.key), night.find(kind.key)
    assert ab.name == planned.ab_name
    assert ab.raws[0].dp_id == planned.dp_id
    assert len(ab.raws) == (1 if kind.arm else len(naco.JITTER))
    assert (ab.instrument, ab.date, ab.dpr_catg) == (kind.instrument, date(2012, 5, 9), "SCIENCE")


def test_every_frame_of_a_jitter_sequence_is_there_with_its_offset(night):
    headers = [fits.getheader(night.folder / "archive/raw" / f"{raw.dp_id}.fits") for raw in block(night, "naco").raws]
    assert tuple((h["ESO SEQ CUMOFFSETX"], h["ESO SEQ CUMOFFSETY"]) for h in headers) == naco.JITTER
    assert [h["MJD-OBS"] for h in headers] == sorted({h["MJD-OBS"] for h in headers})


def test_a_malformed_block_breaks_off_and_is_refused(night):
    path = night.ab("malformed")
    with pytest.raises(BadAB):
        parse(path.read_text(), path.name)


def test_match_keys_repeat_what_the_raw_header_says(night):
    keys = block(night, "cell").match_keys
    header = fits.getheader(night.raw("cell"))
    assert keys["DPR_TECH"] == header["ESO DPR TECH"] == "ECHELLE,ABSORPTION-CELL"
    assert keys["INS_MODE"] == header["ESO INS MODE"] == "DICHR#1"
    assert float(keys["INS_GRAT2_WLEN"]) == header["ESO INS GRAT2 WLEN"] == 580.0
    assert keys["DET_WIN1_BINX"] == str(header["ESO DET WIN1 BINX"]) == "2"


def test_a_red_block_names_four_calibrations_for_each_chip_in_the_archives_words(night):
    calibs = {calib.category: calib.name for calib in block(night, "red").mcalibs}
    assert len(calibs) == 8
    assert calibs["MASTER_BIAS_REDL"] == "UV_MBIA_120509A_REDL_2x2.fits"
    assert calibs["ORDER_TABLE_REDL"] == "UV_PORD_120509A_REDL580d1_2x2.fits"
    assert calibs["LINE_TABLE_REDU"] == "UV_PLI2_120509A_REDU580d1_2x2_10.fits"
    assert calibs["MASTER_FLAT_REDU"] == "UV_MFLT_120509A_REDU580d1_2x2_10.fits"


def test_calibrations_of_the_morning_after_lie_a_part_of_a_day_ahead(night):
    assert all(0 < calib.dt < 0.5 and calib.matches for calib in block(night, "blue").mcalibs)


def test_the_time_distance_counts_from_the_middle_of_the_exposure(night):
    ab, header = block(night, "blue"), fits.getheader(night.raw("blue"))
    bias = next(calib for calib in ab.mcalibs if calib.category == "MASTER_BIAS_BLUE")
    middle = header["MJD-OBS"] + header["EXPTIME"] / 2 / 86400
    bias_taken = 56057 + (10 * 60 + 12) / 1440  # 10:12 UTC
    assert bias.dt == pytest.approx(bias_taken - middle, abs=6e-4)


def test_a_flux_calibrated_block_names_a_response_for_each_chip_and_the_extinction(night):
    ab = block(night, "red-flux")
    responses = [calib.category for calib in ab.mcalibs if calib.category.startswith("MASTER_RESPONSE")]
    assert responses == ["MASTER_RESPONSE_REDL", "MASTER_RESPONSE_REDU"]
    assert [calib.name for calib in ab.gencalibs] == ["UV_GEXT_atmoexan.fits"]


def test_only_the_virtual_block_needs_a_virtual_calibration(night):
    readable = [kind.key for kind in KINDS if kind.trouble != "malformed"]
    virtual = [key for key in readable if not all(calib.real for calib in block(night, key).mcalibs)]
    assert virtual == ["virtual"]


def test_a_virtual_massoc_stands_in_good_blocks_too(night):
    assert not any(calib.real for calib in block(night, "cell").massocs)
    assert all(calib.real for calib in block(night, "blue").massocs)


def test_blocks_without_a_bias_lack_just_that(night):
    blue, red = ({calib.category for calib in block(night, key).mcalibs} for key in ("no-bias", "no-chip-bias"))
    assert blue == {"ORDER_TABLE_BLUE", "LINE_TABLE_BLUE", "MASTER_FLAT_BLUE"}
    assert "MASTER_BIAS_REDL" in red
    assert "MASTER_BIAS_REDU" not in red


def test_the_absent_calibration_is_a_real_one_of_another_night(night):
    names = {calib.name for calib in block(night, "absent").mcalibs}
    assert "UV_MFLT_120508A_BLUE390d1_2x2_10.fits" in names


def test_the_frame_of_another_setting_says_so_while_its_block_names_the_usual_calibrations(night):
    assert fits.getheader(night.raw("other-setting"))["ESO INS GRAT2 WLEN"] == 564.0
    assert all("564" not in calib.name for calib in block(night, "other-setting").mcalibs)


def test_slicer_and_fibre_frames_carry_modes_that_are_not_certified(night):
    assert block(night, "slicer").tech == ("ECHELLE", "SLICER")
    assert block(night, "slicer").match_keys["INS_SLIT1_NAME"] == "SLIC#1"
    assert block(night, "mos").tech == ("MOS",)


def test_a_truncated_raw_file_is_shorter_than_its_header_says(night):
    header = fits.Header.fromfile(night.raw("truncated"))
    pixels = header["NAXIS1"] * header["NAXIS2"] * abs(header["BITPIX"]) // 8
    assert night.raw("truncated").stat().st_size < pixels


def test_a_blue_frame_is_one_image_and_a_red_frame_two_extensions(night):
    with fits.open(night.raw("blue")) as blue, fits.open(night.raw("red")) as red:
        assert [hdu.shape for hdu in blue] == [(1500, 1074)]
        assert [hdu.shape for hdu in red] == [(), (2048, 1074), (2048, 1074)]
        assert [hdu.header["ESO DET OUT1 CHIP"] for hdu in red[1:]] == [1, 2]


def test_a_noise_frame_holds_bias_and_read_noise_only(night):
    pixels = fits.getdata(night.raw("noise"))
    assert pixels.mean() == pytest.approx(150, abs=0.1)
    assert pixels.std() == pytest.approx(3.8 / 1.84, rel=0.05)


def test_a_saturated_frame_is_full_but_for_its_scan_columns(night):
    pixels = fits.getdata(night.raw("saturated"))
    assert pixels[:, 25:-25].min() == 65535
    assert pixels[:, :25].max() < 200


def test_the_raw_header_carries_what_an_archive_product_needs(night):
    header, planned = fits.getheader(night.raw("blue")), night.find("blue")
    assert header["ARCFILE"] == f"{planned.dp_id}.fits"
    assert planned.dp_id == f"UVES.{header['DATE-OBS']}"
    assert (header["ORIGIN"], header["TELESCOP"], header["RADECSYS"]) == ("ESO", "ESO-VLT-U2", "FK5")
    assert header["OBJECT"] == header["ESO OBS TARG NAME"] == planned.target
    assert header["ESO DPR CATG"] == "SCIENCE"
    assert header["ESO INS SLIT2 WID"] == 1.0
    assert header["EXPTIME"] > 0


def test_packed_target_coordinates_agree_with_ra_and_dec(night):
    header = fits.getheader(night.raw("red"))
    for packed, angle in (("ALPHA", header["RA"] / 15), ("DELTA", header["DEC"])):
        value = abs(header[f"ESO TEL TARG {packed}"])
        unpacked = value // 10000 + value // 100 % 100 / 60 + value % 100 / 3600
        assert unpacked == pytest.approx(abs(angle), abs=1e-6)


def test_scale_cards_are_floating_point_for_the_recipes(night):
    cards = night.raw("blue").read_bytes()[:28800]
    assert b"BSCALE  =                  1.0" in cards
    assert b"BZERO   =              32768.0" in cards
