"""NACO: what a frame is, what has to fit together, what came out."""

import json

import pytest

from processing.core.ab import parse
from processing.core.certification import why_not_executable
from processing.core.errors import ABFailed
from processing.core.ports import Product
from processing.core.states import Reason
from processing.plugins import fits
from processing.plugins.pipelines.naco import Naco, classify, reference_pixel
from tests.plugins import naco_frames
from tests.plugins.frames import header

FILTER, CAMERA = "ESO INS OPTI6 NAME", "ESO INS OPTI7 NAME"


@pytest.mark.parametrize(
    ("changes", "tag"),
    [
        ({}, "IM_JITTER_OBJ"),
        ({"ESO DPR TYPE": "SKY"}, "IM_JITTER_SKY"),
        ({"ESO DPR TYPE": "STD"}, ""),
        ({"ESO DPR TECH": "IMAGE"}, ""),
        ({"ESO DPR TECH": "POLARIMETRY,JITTER"}, ""),
        ({"ESO DPR CATG": "CALIB"}, ""),
    ],
)
def test_a_frame_has_the_tag_that_its_header_gives_it(tmp_path, changes, tag):
    assert classify(fits.headers(naco_frames.frame(tmp_path / "raw.fits", changes))) == tag


def refused(inputs):
    with pytest.raises(ABFailed) as failed:
        Naco().check(inputs)
    return failed.value


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({FILTER: "H"}, "OPTI6 NAME H, the first raw frame Ks"),
        ({CAMERA: "S13"}, "OPTI7 NAME S13, the first raw frame S27"),
        ({"ESO DET DIT": 20.0}, "DET DIT 20.0, the first raw frame 10.0"),
        ({"ESO DPR TYPE": "SKY"}, "tag is IM_JITTER_SKY by its header, IM_JITTER_OBJ by the AB"),
        ({"ESO DPR TECH": "JITTER,IMAGE"}, "DPR TECH is JITTER,IMAGE by its header"),
    ],
)
def test_a_frame_of_another_setting_than_the_first_is_a_mismatch(tmp_path, changes, named):
    failed = refused(naco_frames.inputs(tmp_path, changes))
    assert failed.reason is Reason.SETTING_MISMATCH
    assert named in failed.sentence


@pytest.mark.parametrize(
    ("category", "changes", "fits_together"),
    [
        ("MASTER_LAMP_FLAT", {FILTER: "J"}, False),
        ("MASTER_LAMP_FLAT", {"ESO DET DIT": 2.0}, True),
        ("NACO_IMG_DARK_AVG", {"ESO DET DIT": 2.0}, False),
        ("NACO_IMG_DARK_AVG", {FILTER: "J"}, True),
    ],
)
def test_a_calibration_need_fit_only_in_what_matters_to_it(tmp_path, category, changes, fits_together):
    inputs = naco_frames.inputs(tmp_path)
    naco_frames.master(next(path for path, kind in inputs.calibs if kind == category), changes)
    if fits_together:
        Naco().check(inputs)
    else:
        assert category in refused(inputs).sentence


def test_a_damaged_calibration_is_as_good_as_none(tmp_path):
    inputs = naco_frames.inputs(tmp_path)
    inputs.calibs[0][0].write_bytes(b"half a header")
    assert refused(inputs).reason is Reason.MISSING_CALIBRATION


@pytest.mark.parametrize("missing", ["ESO DET DIT", "ESO DET NDIT", "MJD-OBS"])
def test_a_frame_without_its_integrations_is_damaged(tmp_path, missing):
    with pytest.raises(ABFailed) as failed:
        Naco().facts(naco_frames.inputs(tmp_path, {missing: None}))
    assert failed.value.reason is Reason.RAW_DAMAGED


def test_the_recipe_gets_the_flat_under_its_own_word(tmp_path):
    (tmp_path / "scratch").mkdir()
    Naco().command(naco_frames.inputs(tmp_path), tmp_path / "scratch", "t")
    tags = [line.split()[1] for line in (tmp_path / "scratch" / "in.sof").read_text().splitlines()]
    assert tags == ["IM_JITTER_OBJ", "IM_JITTER_OBJ", "MASTER_IMG_FLAT", "NACO_IMG_DARK_AVG"]


def test_an_ab_without_a_flat_is_not_executable(tmp_path):
    ab = parse(naco_frames.AB.replace("MASTER_LAMP_FLAT", "OTHER"), "naco.ab")
    refusal = why_not_executable(ab, [naco_frames.CERTIFICATE])
    assert refusal
    assert refusal.sentence == "The AB names no MASTER_LAMP_FLAT."


def test_what_the_recipe_lists_is_in_its_output_directory(tmp_path):
    scratch = tmp_path / "scratch"
    (scratch / "out").mkdir(parents=True)
    image = naco_frames.coadded(scratch / "out" / "naco_img_jitter.fits")
    (scratch / "products.json").write_text(json.dumps([{"name": str(image), "category": "COADDED_IMG"}]))
    assert Naco().products(naco_frames.inputs(tmp_path), scratch) == [Product(image, "COADDED_IMG")]


def measured(tmp_path, value=100.0):
    inputs = naco_frames.inputs(tmp_path)
    naco_frames.frame(inputs.raws[1][0], {"ESO SEQ CUMOFFSETX": 3.0, "ESO SEQ CUMOFFSETY": -4.0}, value)
    image = naco_frames.coadded(tmp_path / "image.fits")
    return {m.name: m.value for m in Naco().measure(inputs, [Product(image, "COADDED_IMG")])}


def test_quality_is_measured_on_the_added_image_and_on_the_frames(tmp_path):
    found = measured(tmp_path)
    assert found["qc_s2n"] > 100
    assert found["qc_background"] == pytest.approx(2.0, abs=0.2)
    assert (found["qc_fwhm"], found["sat_fraction"]) == (4.7, 0.0)


def test_saturation_is_that_of_the_worst_frame_by_the_filters_limit(tmp_path):
    assert measured(tmp_path, 15000.0)["sat_fraction"] == 1.0


def test_the_reference_pixel_is_the_middle_of_the_first_frame_in_the_union_of_all(tmp_path):
    found = measured(tmp_path)
    assert (found["qc_refpix_x"], found["qc_refpix_y"]) == (23.5, 20.5)
    first = header({"NAXIS1": 40, "NAXIS2": 40, "ESO SEQ CUMOFFSETX": 5.0})
    second = header({"NAXIS1": 40, "NAXIS2": 40, "ESO SEQ CUMOFFSETY": 2.0})
    assert [m.value for m in reference_pixel([first, second])] == [20.5, 22.5]


def test_the_added_image_is_archived_with_its_weight_and_the_constants_of_its_filter(tmp_path):
    image = naco_frames.coadded(tmp_path / "image.fits")
    (source,) = Naco().archived(naco_frames.CERTIFICATE, {"COADDED_IMG": image})
    assert (source.label, source.image, source.constants["ZEROPOINT"]) == ("Ks", image, 22.9)
    assert source.ancillaries == [("ANCILLARY.WEIGHTMAP", image)]


def test_an_unknown_filter_has_no_constants(tmp_path):
    image = naco_frames.coadded(tmp_path / "image.fits", {"ESO QC FILTER OBS": "NB_1.64"})
    (source,) = Naco().archived(naco_frames.CERTIFICATE, {"COADDED_IMG": image})
    assert source.constants == {}
