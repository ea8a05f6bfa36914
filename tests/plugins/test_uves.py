"""UVES: what a frame is, what has to fit together, what came out."""

import json
from dataclasses import replace

import numpy as np
import pytest
from astropy.io.fits import open as open_fits

from processing.core.certification import FluxPolicy, FluxRule
from processing.core.errors import ABFailed
from processing.core.states import Reason
from processing.plugins import fits
from processing.plugins.pipelines.uves import Uves, classify
from tests.core.examples import certificate
from tests.plugins import frames

TECH, KIND, SLIT = "ESO DPR TECH", "ESO DPR TYPE", "ESO INS SLIT1 NAME"
PER_CHIP = ("RED_SCI_POINT", "ERRORBAR_SCI_POINT", "MERGED_SKY", "WCALIB_SCI_POINT")


@pytest.mark.parametrize(
    ("changes", "tag"),
    [
        ({}, "SCI_POINT"),
        ({KIND: "OBJECT"}, "SCIENCE"),
        ({KIND: "OBJECT,EXTENDED"}, "SCI_EXTND"),
        ({TECH: "ECHELLE,ABSORPTION-CELL"}, "SCI_POINT"),
        ({SLIT: "SLIC#1"}, "SCI_SLICER"),
        ({SLIT: "SLIC#3", KIND: "OBJECT,EXTENDED"}, "SCI_SLICER"),
        ({SLIT: "SLIC#2", KIND: "STD"}, "SCI_SLICER"),
        ({"ESO DPR CATG": "CALIB"}, None),
        ({TECH: "MOS", KIND: "OBJECT,OzPoz"}, None),
        ({KIND: "STD"}, None),
        ({SLIT: "IODINE"}, None),
        ({SLIT: None}, None),
    ],
)
@pytest.mark.parametrize("arm", ["RED", "BLUE"])
def test_a_frame_has_the_tag_that_the_instruments_rules_give_it(tmp_path, arm, changes, tag):
    path = frames.raw(tmp_path / "raw.fits", arm, changes)
    assert classify(fits.headers(path)) == (f"{tag}_{arm}" if tag else "")


def refused(inputs):
    with pytest.raises(ABFailed) as failed:
        Uves().check(inputs)
    return failed.value


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({KIND: "OBJECT,EXTENDED"}, "tag is SCI_EXTND_RED by its header, SCI_POINT_RED by the AB"),
        ({"ESO DPR CATG": "CALIB"}, "tag is unknown by its header"),
        ({TECH: "ECHELLE,SLICER"}, "DPR TECH is ECHELLE,SLICER by its header, ECHELLE by the AB"),
        ({"ESO DET WIN1 BINX": 2}, "BINX 1, the raw frame 2"),
        ({"ESO DET WIN1 BINY": 3}, "BINY 1, the raw frame 3"),
        ({"ESO INS PATH": "BLUE"}, "INS PATH RED, the raw frame BLUE"),
        ({"ESO INS MODE": "RED"}, "INS MODE DICHR#1, the raw frame RED"),
        ({"ESO INS GRAT2 ID": "CD#4"}, "GRAT2 ID CD#3, the raw frame CD#4"),
        ({"ESO INS GRAT2 WLEN": 564.0}, "GRAT2 WLEN 580.0, the raw frame 564.0"),
    ],
)
def test_a_raw_frame_of_another_setting_is_a_mismatch(tmp_path, changes, named):
    failed = refused(frames.inputs(tmp_path, changes=changes))
    assert failed.reason is Reason.SETTING_MISMATCH
    assert named in failed.sentence


def replaced(inputs, category, changes):
    """The master of that category made anew with changes."""
    path = next(path for path, name in inputs.calibs if name == category)
    path.unlink()
    frames.master(path, category.rsplit("_", 1)[-1], changes)
    return inputs


@pytest.mark.parametrize(
    ("category", "changes"),
    [
        ("MASTER_BIAS_REDL", {"ESO INS GRAT2 WLEN": 860.0, "ESO INS MODE": "RED", "ESO INS GRAT2 ID": "CD#4"}),
        ("MASTER_RESPONSE_REDU", {"ESO DET WIN1 BINX": 2, "ESO INS MODE": "RED", "ESO INS GRAT2 ID": "CD#4"}),
        ("LINE_TABLE_REDL", {"ESO INS GRAT2 WLEN": None}),
        ("ORDER_TABLE_REDU", {"ESO INS GRAT2 WLEN": 580}),
    ],
)
def test_a_calibration_need_fit_only_in_what_matters_to_it(tmp_path, category, changes):
    Uves().check(replaced(frames.inputs(tmp_path), category, changes))


@pytest.mark.parametrize(
    ("category", "changes"),
    [
        ("MASTER_BIAS_REDL", {"ESO DET WIN1 BINX": 2}),
        ("MASTER_RESPONSE_REDU", {"ESO INS GRAT2 WLEN": 600.0}),
        ("MASTER_FLAT_REDL", {"ESO INS GRAT2 WLEN": 600.0}),
        ("ORDER_TABLE_REDU", {"ESO DET WIN1 BINY": 2}),
        ("LINE_TABLE_REDL", {"ESO INS MODE": "RED"}),
        ("MASTER_FLAT_REDL", {"ESO DET CHIP1 ID": "CCD-OLD"}),
    ],
)
def test_a_calibration_of_another_setting_is_named(tmp_path, category, changes):
    failed = refused(replaced(frames.inputs(tmp_path), category, changes))
    assert failed.reason is Reason.SETTING_MISMATCH
    assert category in failed.sentence


def test_a_damaged_calibration_is_as_good_as_none(tmp_path):
    inputs = frames.inputs(tmp_path)
    inputs.calibs[0][0].write_bytes(b"half a header")
    assert refused(inputs).reason is Reason.MISSING_CALIBRATION


@pytest.mark.parametrize(
    ("keyword", "value"),
    [("MJD-OBS", None), ("EXPTIME", None), ("ESO DPR TECH", None), ("MJD-OBS", ""), ("EXPTIME", "long")],
)
def test_a_raw_frame_without_a_fact_that_the_product_needs_is_damaged(tmp_path, keyword, value):
    inputs = frames.inputs(tmp_path, changes={keyword: value})
    with pytest.raises(ABFailed) as failed:
        Uves().facts(inputs)
    assert failed.value.reason is Reason.RAW_DAMAGED


def test_the_recipe_gets_every_frame_with_its_tag_and_the_parameters_of_its_setting(tmp_path):
    inputs = frames.inputs(tmp_path)
    command = Uves().command(inputs, tmp_path / "scratch", "t")
    sof = (tmp_path / "scratch" / "in.sof").read_text().splitlines()
    assert sof[0] == f"{inputs.raws[0][0]} SCI_POINT_RED"
    assert sof[1:] == [f"{path} {category}" for path, category in inputs.calibs]
    assert {"uves_obs_scired", "--reduce.ffmethod=extract", "--reduce.extract.kappa=20"} < set(command.argv)


def made(scratch, chips, *, listed=True, files=PER_CHIP):
    """What a recipe leaves behind: files, and the list of them if it succeeded."""
    (scratch / "out").mkdir(parents=True)
    rows = [
        (f"{category}_{chip}", scratch / "out" / f"{category}_{chip}.fits".lower())
        for chip in chips
        for category in files
    ]
    for _, path in rows:
        frames.vector(path, [1.0, 2.0])
    if listed:
        listing = [{"name": str(path), "category": category} for category, path in rows]
        (scratch / "products.json").write_text(json.dumps(listing))
    return rows


def test_products_are_what_the_recipe_lists(tmp_path):
    rows = made(tmp_path / "scratch", ["REDL", "REDU"])
    products = Uves().products(frames.inputs(tmp_path), tmp_path / "scratch")
    assert [(product.category, product.path) for product in products] == rows


def test_files_that_a_failed_recipe_left_do_not_count(tmp_path):
    made(tmp_path / "scratch", ["REDL"], listed=False, files=(*PER_CHIP, *(f"X{n}" for n in range(24))))
    with pytest.raises(ABFailed, match="The recipe made no ERRORBAR_SCI_POINT_REDL") as failed:
        Uves().products(frames.inputs(tmp_path), tmp_path / "scratch")
    assert failed.value.reason is Reason.PRODUCTS_MISSING


@pytest.mark.parametrize("category", ["RED_SCI_POINT_REDU", "ERRORBAR_SCI_POINT_REDL", "MERGED_SKY_REDU"])
@pytest.mark.parametrize("missing", ["file", "line"])
def test_an_expected_product_that_is_missing_is_named(tmp_path, category, missing):
    rows, listing = made(tmp_path / "scratch", ["REDL", "REDU"]), tmp_path / "scratch" / "products.json"
    if missing == "file":
        dict(rows)[category].unlink()
    else:
        listed = json.loads(listing.read_text())
        listing.write_text(json.dumps([row for row in listed if row["category"] != category]))
    with pytest.raises(ABFailed, match=rf"^The recipe made no {category}\.$"):
        Uves().products(frames.inputs(tmp_path), tmp_path / "scratch")


def reduced(tmp_path, flux, orders):
    """Measurements of a blue block whose spectrum and order S/N are these, by name."""
    inputs = frames.inputs(tmp_path, "BLUE")
    rows = made(tmp_path / "scratch", ["BLUE"])
    path = rows[0][1]
    path.unlink()
    keys = {f"ESO QC ORD{n} OBJ {what}": value for n, value in enumerate(orders, 1) for what in ("SN", "FWHM")}
    frames.vector(path, flux, keys)
    products = Uves().products(inputs, tmp_path / "scratch")
    return {m.name: m.value for m in Uves().measure(inputs, products)}


def test_quality_is_measured_as_medians_over_the_orders(tmp_path):
    found = reduced(tmp_path, [0.0, 10.0, np.nan, 30.0, 0.0], [0.1, 50.0, 60.0])
    assert (found["qc_s2n"], found["qc_fwhm"], found["qc_orders"]) == (50.0, 50.0, 3)
    assert found["mean_reduced"] == 20.0
    assert (found["sat_fraction"], found["products_missing"]) == (0.0, 0)


def test_a_spectrum_without_orders_has_no_signal_to_noise_ratio(tmp_path):
    found = reduced(tmp_path, [0.0, 0.0], [])
    assert np.isnan(found["qc_s2n"])
    assert np.isnan(found["mean_reduced"])


def test_saturation_is_counted_per_chip(tmp_path):
    inputs = frames.inputs(tmp_path)
    path = inputs.raws[0][0]
    with open_fits(path, mode="update") as hdus:
        hdus[2].data = hdus[2].data.astype(np.float32)
        hdus[2].data[:4] = 65000
    made(tmp_path / "scratch", ["REDL", "REDU"])
    products = Uves().products(inputs, tmp_path / "scratch")
    found = {m.chip: m.value for m in Uves().measure(inputs, products) if m.name == "sat_fraction"}
    assert found == {"REDU": 0.0, "REDL": 0.1}


FLUX_FILES = (*PER_CHIP, "FLUXCAL_SCI_POINT", "FLUXCAL_ERRORBAR_SCI_POINT", "WCALIB_FF_SCI_POINT")


@pytest.fixture
def rows(tmp_path):
    """The products of both red chips, flux calibrated, by category."""
    rows = dict(made(tmp_path / "scratch", ["REDL", "REDU"], files=FLUX_FILES))
    for chip in ("REDL", "REDU"):
        rows[f"RED_SCI_POINT_{chip}"].unlink()
        frames.vector(rows[f"RED_SCI_POINT_{chip}"], [1.0, 2.0], {"ESO INS GRAT2 WLEN": 580.0})
    return rows


def test_both_red_chips_become_one_spectrum_calibrated_only_with_its_errors(rows):
    del rows["FLUXCAL_ERRORBAR_SCI_POINT_REDU"]
    (source,) = Uves().archived(certificate("ECHELLE-POINT"), rows)
    assert (source.label, source.slit_key) == ("RED580", "ESO INS SLIT3 WID")
    assert [chip.flux for chip in source.chips] == [rows[f"RED_SCI_POINT_{chip}"] for chip in ("REDL", "REDU")]
    assert [chip.sky for chip in source.chips] == [rows[f"MERGED_SKY_{chip}"] for chip in ("REDL", "REDU")]
    assert [chip.calibrated is not None for chip in source.chips] == [True, False]


def test_a_flux_that_the_policy_of_the_setting_does_not_allow_is_not_archived(rows):
    rules = replace(certificate("ECHELLE-POINT"), flux=(FluxRule(low=580.0, high=581.0, policy=FluxPolicy.NEVER),))
    (source,) = Uves().archived(rules, rows)
    assert [(chip.calibrated, chip.calibrated_error) for chip in source.chips] == [(None, None)] * 2


def test_the_certificate_says_which_products_are_kept_beside_the_spectrum(rows):
    rules = certificate("ECHELLE-POINT")
    (source,) = Uves().archived(rules, rows)
    kept = [rows[f"WCALIB_FF_SCI_POINT_{chip}"] for chip in ("REDL", "REDU")]
    assert source.ancillaries == [("ANCILLARY.2DSPECTRUM", path) for path in kept]
    (bare,) = Uves().archived(replace(rules, archive=replace(rules.archive, ancillary={}, sky="")), rows)
    assert bare.ancillaries == []
    assert {chip.sky for chip in bare.chips} == {None}
