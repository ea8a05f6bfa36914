"""The rules of Phase 3: one planted defect for each id, and what the rules let pass."""

import json
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processing.core.phase3.checks import RULES, check
from processing.core.phase3.product import Batch, Hdu
from processing.core.phase3.rules import Level, rejects
from tests.core.phase3_files import (
    ARCHIVE,
    ARRAYS,
    NOW,
    PREVIEW,
    RAW,
    SPECTRAL,
    TABLE,
    WHITE,
    Changes,
    batch,
    chips,
    cube,
    file,
    image,
    layered_image,
    spectrum,
    uncalibrated,
)

GOOD = spectrum()
# A table whose data are not what its checksum says.
SPOILT = replace(GOOD, hdus=[GOOD.hdus[0], replace(GOOD.hdus[1], datasum=False)])


# The one table: id, level, the file, and the batch where it matters.
PLANTED = [
    ("G01", "E", replace(GOOD, name="product.fits.fz"), None),
    ("G02", "E", SPOILT, None),
    ("G03", "E", spectrum({"LONGSTRN": "OGIP 1.0"}), None),
    ("G04", "E", spectrum(table={"PRODCATG": "SCIENCE.SPECTRUM"}), None),
    ("G05", "E", spectrum({"PROCSOFT": None}), None),
    ("G06", "E", spectrum({"EQUINOX": 1950.0}), None),
    ("G07", "E", spectrum({"REFERENC": "Smith et al."}), None),
    ("G08", "E", GOOD, replace(batch(), now_mjd=56057.15)),
    ("G09", "E", spectrum({"EXPTIME": 1300.0}), None),
    ("G10", "E", spectrum({"OBID2": 900417}), None),
    ("G11", "E", spectrum({"PROV01": "UVES.2012-05-10T03:00:00.000"}), None),
    ("G12", "E", spectrum({"FLUXCAL": "RELATIVE"}), None),
    ("G13", "E", spectrum({"SPEC_RES": 0.0}), None),
    ("G14", "E", spectrum(table={"EXTNAME": None}), None),
    ("G15", "E", spectrum(PREVIEW | {"ASSOM1": "ffffffffffffffffffffffffffffffff"}), None),
    ("G16", "E", spectrum({"PROV2": "UVES.2012-05-10T03:00:00.000"}), Batch(now_mjd=NOW)),
    ("G17", "W", spectrum({"INSTRUME": "GIRAFFE"}), None),
    ("S01", "E", spectrum(table={"NAXIS2": 2}), None),
    ("S02", "E", spectrum(table={"RA": 150.500001}), None),
    ("S03", "E", spectrum(table={"TELAPSE": 2333.0}), None),
    ("S04", "E", spectrum(table={"TMID": 56057.2}), None),
    ("S05", "E", spectrum({"SNR": None}), None),
    ("S06", "E", spectrum({"BUNIT": "adu"}), None),
    ("S07", "E", spectrum({"FLUXERR": -1}), None),
    ("S08", "E", uncalibrated({"TOT_FLUX": True}), None),
    ("S09", "E", spectrum({"EXT_OBJ": None}), None),
    ("S10", "E", spectrum(table={"VOPUB": "ESO"}), None),
    ("S11", "E", spectrum(table={"TTYPE4": "SKYBACK"}), None),
    ("S12", "E", spectrum(table={"TUTYP3": "spec:Data.FluxAxis.Value"}), None),
    ("S13", "E", spectrum(table={"TUCD1": "em.freq"}), None),
    ("S14", "E", spectrum(table={"TUNIT3": "adu"}), None),
    ("S15", "E", spectrum(FLUX=np.full(20, np.inf)), None),
    ("S16", "E", spectrum({"SPEC_BIN": 0.0031}), None),
    ("S17", "E", spectrum(table={"TDMAX1": 5000.5}), None),
    ("S18", "W", spectrum(table={"TUCD2": "phot.flux.density;em.wl"}), None),
    ("S19", "W", spectrum(ERR=np.full(20, np.nan)), None),
    ("S20", "W", spectrum(table={"TITLE": "a star"}), None),
    ("S21", "W", spectrum(table={"TUCD3": "stat.error;phot.flux.density;em.ql;meta.main"}), None),
    ("I01", "E", image({"CUNIT1": "arcsec"}), None),
    ("I02", "E", image({"ABMAGLIM": 12.0}), None),
    ("I03", "E", layered_image("ERROR", {"SCIDATA": "SCI"}), None),
    ("C01", "E", cube(role="DATA", changes={"CD3_3": None}), None),
    ("C02", "E", cube(role="ERROR", changes={"HDUCLASS": "OGIP"}), None),
    ("C03", "E", cube(), batch(white={**WHITE, "NAXIS1": 99})),
]

# More ways to break a rule, and only that rule.
MORE = [
    ("G01", replace(GOOD, name="x" * 64 + ".fits")),
    ("G01", replace(GOOD, name="product.fit")),
    ("G01", spectrum(table={"ZTABLE": True})),
    ("G02", spectrum({"CHECKSUM": None})),
    ("G03", spectrum({"OBSERVER": "x" * 69})),
    ("G03", spectrum(table={"CONTINUE": None} | {"CONTINUE": ""})),
    ("G05", spectrum({"DATE": "11/05/12"})),
    ("G05", spectrum({"RADESYS": None})),
    ("G05", spectrum({"PROG_ID": ""})),
    ("G06", spectrum({"RADESYS": "GALACTIC"})),
    ("G06", spectrum({"EQUINOX": None})),
    ("G06", spectrum({"RADECSYS": "ICRS"})),
    ("G08", spectrum({"MJD-END": 56057.1}, {"TELAPSE": 2332.8})),
    ("G09", spectrum({"TEXPTIME": 2333.0})),
    ("G09", spectrum({"EXPTIME": 0.0})),
    ("G09", image({"EXPTIME": None})),
    ("G10", spectrum({"TELESC1": "ESO-VLT-U1"})),
    ("G10", spectrum({"PROG_ID": "MULTI", "PROGID1": "089.D-9901(A)"})),
    ("G11", spectrum(table={"CDELT1": 0.02})),
    ("G13", spectrum({"RA": None})),
    ("G13", spectrum({"NCOMBINE": 0})),
    ("G13", spectrum({"WAVELMIN": 500.039})),
    ("G13", spectrum({"STREHL": 1.1})),
    ("G13", image({"ABMAGLIM": 100.0})),
    ("G14", chips(second={"EXTNAME": "CHIP1"})),
    ("G14", image({"NAXIS1": 0})),
    ("G15", spectrum({"ASSON1": "elsewhere.png", "ASSOC1": "ANCILLARY.PREVIEW"})),
    ("G15", spectrum({"ASSON1": "preview.png"})),
    ("G15", spectrum(PREVIEW | {"ASSOC1": "PREVIEW"})),
    ("G15", spectrum({"ASSOC1": "ANCILLARY.PREVIEW"})),
    ("G15", file([Hdu(header={**PREVIEW, "PRODCATG": "ANCILLARY.MASK", "CHECKSUM": "", "DATASUM": ""})])),
    ("G16", spectrum({"PROV2": "UVES.1999-01-01T00:00:00.000"})),
    ("G16", spectrum({"PROV1": None, "PROV2": None})),
    ("G16", spectrum({"PROVXTN": True})),
    ("S01", spectrum(table={"PCOUNT": 8})),
    ("S02", spectrum(table={"OBJECT": "HD 2"})),
    ("S02", spectrum(table={"DEC": None})),
    ("S04", spectrum(table={"SPEC_VAL": 501.0})),
    ("S04", spectrum(table={"SPEC_BW": 1.0})),
    ("S05", spectrum({"SPECSYS": "EARTH"})),
    ("S05", spectrum({"CONTNORM": 0})),
    ("S06", spectrum({"CD1_1": 0.02})),
    ("S06", spectrum(table={"BUNIT": "adu"})),
    ("S07", spectrum({"FLUXERR": 101})),
    ("S07", uncalibrated({"FLUXERR": -2})),
    ("S10", spectrum(table={"APERTURE": 0.1})),
    ("S10", spectrum(table={"TUNIT1": None})),
    ("S10", spectrum(table={"VOCLASS": "SPECTRUM v3.0"})),
    ("S11", spectrum(table={"TTYPE3": "NOISE", "VOCLASS": "SPECTRUM v1.0"})),
    ("S14", spectrum(table={"TFORM4": "19E"})),
    ("S14", spectrum(table={"TFORM5": "many"})),
    ("S14", spectrum(table={"NELEM": 1})),
    ("S15", spectrum(WAVE=np.where(np.arange(20) == 9, 5000.0, ARRAYS["WAVE"]))),
    ("S15", spectrum(WAVE=np.where(np.arange(20) == 9, np.nan, ARRAYS["WAVE"]))),
    ("S16", spectrum({"SPEC_BIN": 0.0009})),
    ("S17", spectrum({"WAVELMIN": 499.998}, {"SPEC_VAL": 500.018, "SPEC_BW": 0.04})),
    ("S19", spectrum(ERR=np.zeros(20))),
    ("S21", spectrum(table={"TUNIT4": "counts per bin"})),
    ("S21", spectrum(table={"TUCD5": "em.wl;pos.eq.raa"})),
    ("I01", image({"CRVAL2": -31.0})),
    ("I01", image({"CD2_2": 0.0})),
    ("I02", image({"FLUXCAL": "UNCALIBRATED"})),
    ("I02", image({"PHOTSYS": "STMAG"})),
    ("I02", image({"PSF_FWHM": -1.0})),
    ("I02", chips(first={"PSF_FWHM": -1.0})),
    ("I02", chips(first={"PHOTZP": None})),
    ("I03", layered_image("DATA", {"ERRDATA": None})),
    ("I03", layered_image("ERROR", {"HDUCLAS3": "SIGMA"})),
    ("C01", cube({"FILTER": "white"})),
    ("C01", cube({"NAXIS": 2})),
    ("C02", cube(role="ERROR", changes={"HDUCLAS2": "CONF"})),
    ("C03", cube({"ASSON1": None})),
]


# What the reader of the file asks for, and what only the first three columns need.
OPTIONAL = {
    *("SIMPLE", "BITPIX", "EXTEND", "NAXIS1", "PROV1", "PROV2"),
    *(f"{stem}{at}" for stem in ("TTYPE", "TUNIT", "TUTYP", "TUCD") for at in (4, 5)),
}


@pytest.mark.parametrize("made", [GOOD, uncalibrated(), spectrum(PREVIEW), image(), chips(), layered_image(), cube()])
@pytest.mark.parametrize("known", [batch, partial(Batch, now_mjd=NOW)], ids=["batch", "alone"])
def test_a_valid_product_breaks_no_rule(made, known):
    found = check(made, known())
    assert [finding.as_dict() for finding in found] == []
    assert not rejects(found)


@pytest.mark.parametrize(("rule", "level", "made", "known"), PLANTED, ids=[row[0] for row in PLANTED])
def test_a_planted_defect_makes_exactly_its_rule_fire(rule, level, made, known):
    found = check(made, known or batch())
    assert {(finding.rule, str(finding.level)) for finding in found} == {(rule, level)}
    assert rejects(found) == (level == "E")


def test_a_defect_is_planted_for_each_of_the_44_rules_in_their_order():
    assert [row[0] for row in PLANTED] == [rule.id for rule in RULES]
    assert len(RULES) == 44
    assert [str(rule.level) for rule in RULES] == [row[1] for row in PLANTED]


@pytest.mark.parametrize(("rule", "made"), MORE, ids=[f"{at}-{row[0]}" for at, row in enumerate(MORE)])
def test_other_defects_break_their_rule_alone(rule, made):
    assert {finding.rule for finding in check(made, batch())} == {rule}


@pytest.mark.parametrize("keyword", [key for key in (*SPECTRAL, *TABLE) if key not in OPTIONAL])
def test_a_missing_keyword_of_a_spectrum_is_one_finding(keyword):
    header = "primary" if keyword in SPECTRAL else "table"
    (found,) = check(spectrum(**{header: {keyword: None}}), batch())
    assert keyword in found.message


@pytest.mark.parametrize("value", [5, -1, 0, 10**400, 1e308, float("nan"), True, "text", "", None, 1j, "9" * 60])
@pytest.mark.parametrize("made", [spectrum, image])
def test_a_keyword_of_another_type_ends_no_check(made, value):
    head = dict(made().hdus[0].header)
    spoilt = [check(file([Hdu(header={**head, key: value})]), batch()) for key in head]
    tables = [check(file([GOOD.hdus[0], Hdu(header={**TABLE, key: value})]), batch()) for key in TABLE]
    assert all(json.dumps([finding.as_dict() for finding in found]) for found in (*spoilt, *tables))


@pytest.mark.parametrize("size", [0, 1, 2])
def test_arrays_of_few_elements_end_no_check(size):
    cut = {name: values[:size] for name, values in ARRAYS.items()}
    assert "S14" in {finding.rule for finding in check(spectrum(None, {"NELEM": size}, **cut), batch())}


def test_a_finding_names_the_value_and_what_is_allowed():
    (found,) = check(spectrum({"FLUXCAL": "RELATIVE"}), batch())
    message = "FLUXCAL is 'RELATIVE'; allowed: ABSOLUTE, UNCALIBRATED"
    assert found.as_dict() == {"rule": "G12", "level": "E", "message": message, "value": "RELATIVE"}


def test_a_damaged_file_is_said_before_its_rules():
    found = check(replace(GOOD, problems=["the file ends in HDU 1"]), batch())
    assert [(finding.rule, finding.level) for finding in found] == [("FITS", Level.E)]


def test_two_files_of_a_batch_may_not_share_name_and_title():
    together = batch()
    assert check(GOOD, together) == []
    assert [finding.rule for finding in check(GOOD, together)] == ["G01", "S20"]


def test_flagged_pixels_may_have_any_error():
    bad = np.where(np.arange(20) < 5, 1, 0)
    assert check(spectrum(ERR=np.where(bad, np.nan, 2.0), QUAL=bad), batch()) == []


def test_what_the_originating_files_do_not_say_is_not_compared():
    unknown: dict[str, Changes] = {name: {} for name in ARCHIVE}
    assert check(spectrum({"NCOMBINE": 2, "TELESCOP": "ESO-VLT-U1"}), batch(unknown)) == []


@pytest.mark.parametrize(
    "changes",
    [{"MJD-OBS": 56057.1}, {"EXPTIME": 700.0}, {"ESO OBS ID": 1}, {"NCOMBINE": 3}, {"TELESCOP": "ESO-VLT-U1"}],
    ids=str,
)
def test_what_the_originating_files_say_must_agree(changes):
    other = {name: {**RAW, **known, **changes} for name, known in ARCHIVE.items()}
    assert {finding.rule for finding in check(GOOD, batch(other))} == {"G17"}


def test_instruments_of_exempt_collections_need_no_word_on_extension():
    unlike: dict[str, Changes] = {name: {} for name in ARCHIVE}
    assert check(spectrum({"INSTRUME": "XSHOOTER", "EXT_OBJ": None}), batch(unlike)) == []


@pytest.mark.parametrize(
    "reference", ["", " ", "2012A&A...541A..65X", "doi:10.18727/archive/50", "10.18727/archive/50"]
)
def test_a_reference_is_empty_a_bibcode_or_a_doi(reference):
    assert check(spectrum({"REFERENC": reference}), batch()) == []


@pytest.mark.parametrize("ratio", [0.5001, 1.4999])
def test_a_bin_may_differ_from_the_median_step_by_half_of_it(ratio):
    assert check(spectrum({"SPEC_BIN": ratio * 0.002}), batch()) == []


@pytest.mark.parametrize(("unit", "factor"), [("nm", 0.1), ("um", 0.0001)])
def test_wavelengths_may_have_other_units(unit, factor):
    table = {"TUNIT1": unit, "TDMIN1": 5000.0 * factor, "TDMAX1": 5000.38 * factor}
    assert check(spectrum(None, table, WAVE=ARRAYS["WAVE"] * factor), batch()) == []


@given(st.lists(st.floats(4990, 5010), min_size=20, max_size=20))
def test_an_axis_passes_only_if_it_increases(wave):
    rules = {finding.rule for finding in check(spectrum(WAVE=np.array(wave)), batch())}
    assert ("S15" in rules) == (not np.all(np.diff(wave) > 0))
