"""The check list for archived spectra: for each rule a product that breaks it, and it alone."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from processing.core.idp_rules import GENERAL, SPECTRAL, TABLE, Level, check, rejects
from tests.core.products import FLUX, REDUCED, candidate, spectrum

GOOD = candidate()
STEP = 0.02


def keywords(header, changes):
    """The good product with other values of keywords; None takes one away."""
    values = {**getattr(GOOD, header), **changes}
    kept = {key: value for key, value in values.items() if value is not None}
    return replace(GOOD, primary=kept) if header == "primary" else replace(GOOD, table=kept)


def columns(**changes):
    return replace(GOOD, arrays={**GOOD.arrays, **changes})


@pytest.mark.parametrize("names", [(*FLUX, *REDUCED), REDUCED, REDUCED[:2]])
def test_a_complete_product_breaks_no_rule(names):
    assert check(candidate(spectrum(names))) == []
    assert not rejects([])


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("G04", {"PRODCATG": "SCIENCE.IMAGE"}),
        ("G06", {"RADESYS": "GALACTIC"}),
        ("G06", {"EQUINOX": 1950.0}),
        ("G06", {"EQUINOX": None}),
        ("G07", {"REFERENC": "Smith et al."}),
        ("G09", {"EXPTIME": 0.0}),
        ("G09", {"EXPTIME": 1300.0}),
        ("G09", {"TEXPTIME": 5000.0}),
        ("G11", {"PROV01": "UVES.1"}),
        ("G12", {"FLUXCAL": "RELATIVE", "FLUXERR": -1}),
        ("G13", {"SPEC_RES": 0.0}),
        ("G13", {"NCOMBINE": 0}),
        ("G16", {"PROV1": None}),
        ("S01", {"NAXIS": 2}),
        ("S06", {"BUNIT": "adu"}),
        ("S06", {"CD1_1": 0.02}),
        ("S07", {"FLUXERR": -1}),
        ("S07", {"FLUXERR": 101}),
        ("S07", {"FLUXCAL": "UNCALIBRATED"}),
        ("S08", {"FLUXCAL": "UNCALIBRATED", "FLUXERR": -1, "TOT_FLUX": True}),
        ("S16", {"SPEC_BIN": 0.000999}),
        ("S16", {"SPEC_BIN": 0.003001}),
    ],
)
def test_a_wrong_keyword_of_the_primary_header_breaks_its_rule_alone(rule, changes):
    found = check(keywords("primary", changes))
    assert [(finding.rule, finding.level) for finding in found] == [(rule, Level.ERROR)]


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("S01", {"NAXIS2": 2}),
        ("S01", {"PCOUNT": 8}),
        ("S02", {"RA": 150.500001}),
        ("S02", {"OBJECT": "HD 2"}),
        ("S03", {"TELAPSE": 2328.2}),
        ("S04", {"TMID": 56057.2}),
        ("S04", {"SPEC_VAL": 501.0}),
        ("S04", {"SPEC_BW": 1.0}),
        ("S06", {"BUNIT": "adu"}),
        ("S10", {"VOPUB": "ESO"}),
        ("S10", {"APERTURE": 0.1}),
        ("S11", {"TTYPE2": "SKY"}),
        ("S11", {"TTYPE1": "FREQ"}),
        ("S12", {"TUTYP1": "WAVE"}),
        ("S12", {"TUTYP3": "spec:Data.FluxAxis.Value"}),
        ("S13", {"TUCD1": "em.freq"}),
        ("S14", {"TUNIT3": "adu"}),
        ("S14", {"NELEM": 19}),
        ("S17", {"TDMIN1": 4999.98}),
        ("S17", {"TDMAX1": 5001.0}),
    ],
)
def test_a_wrong_keyword_of_the_table_breaks_its_rule_alone(rule, changes):
    found = check(keywords("table", changes))
    assert [(finding.rule, finding.level) for finding in found] == [(rule, Level.ERROR)]


@pytest.mark.parametrize(
    ("rule", "product"),
    [
        ("G01", replace(GOOD, name="x" * 64 + ".fits")),
        ("G01", replace(GOOD, name="product.fit")),
        ("G08", replace(GOOD, now_mjd=56057.15)),
        ("S14", columns(QUAL=np.zeros(19))),
        ("S15", columns(FLUX=np.full(20, np.inf))),
        ("S15", columns(WAVE=np.where(np.arange(20) == 9, 5000.0, GOOD.arrays["WAVE"]))),
        ("S17", columns(WAVE=GOOD.arrays["WAVE"] + STEP)),
    ],
)
def test_a_wrong_file_breaks_its_rule_alone(rule, product):
    assert {finding.rule for finding in check(product)} == {rule}
    assert rejects(check(product))


@pytest.mark.parametrize(
    ("rule", "product"),
    [
        ("S19", columns(ERR=np.full(20, np.nan))),
        ("S19", columns(ERR=np.zeros(20))),
        ("S19", columns(ERR=np.full(20, -1.0))),
        ("S20", keywords("table", {"TITLE": "a star"})),
    ],
)
def test_what_is_merely_poor_is_said_and_not_rejected(rule, product):
    found = check(product)
    assert [(finding.rule, finding.level) for finding in found] == [(rule, Level.WARNING)]
    assert not rejects(found)


@pytest.mark.parametrize(
    ("header", "rule", "keyword"),
    [("primary", "G05", key) for key in GENERAL]
    + [("primary", "S05", key) for key in SPECTRAL]
    + [("table", "S10", key) for key in TABLE],
)
def test_a_missing_keyword_is_named(header, rule, keyword):
    (found,) = check(keywords(header, {keyword: None}))
    assert (found.rule, found.message) == (rule, f"{keyword} is missing")


@pytest.mark.parametrize("header", ["primary", "table"])
def test_a_product_without_any_one_keyword_is_still_checked(header):
    crashed = []
    for keyword in getattr(GOOD, header):
        try:
            check(keywords(header, {keyword: None}))
        except LookupError:
            crashed.append(keyword)
    assert crashed == []


@pytest.mark.parametrize("header", ["primary", "table"])
def test_a_keyword_of_another_type_is_a_finding(header):
    crashed = []
    for keyword, value in getattr(GOOD, header).items():
        try:
            check(keywords(header, {keyword: 5 if isinstance(value, str) else "text"}))
        except (TypeError, AttributeError):
            crashed.append(keyword)
    assert crashed == []


@pytest.mark.parametrize(
    "product",
    [
        columns(WAVE=np.full(20, 5000.0)),
        candidate(spectrum(size=2)),
        replace(GOOD, arrays={name: values[:1] for name, values in GOOD.arrays.items()}),
        replace(GOOD, arrays={name: values[:0] for name, values in GOOD.arrays.items()}),
        replace(GOOD, arrays={"WAVE": GOOD.arrays["WAVE"]}),
        replace(GOOD, arrays={}),
    ],
    ids=["constant", "two pixels", "one pixel", "no pixel", "one column", "no column"],
)
def test_strange_arrays_are_findings_at_most(product):
    assert isinstance(check(product), list)


@given(arrays(np.float64, 20, elements=st.floats(4990, 5010)))
def test_an_axis_passes_only_if_it_increases(wave):
    rules = {finding.rule for finding in check(columns(WAVE=wave))}
    assert ("S15" in rules) == (not np.all(np.diff(wave) > 0))


@pytest.mark.parametrize("reference", ["", "2012A&A...541A..65X", "doi:10.18727/archive/50"])
def test_a_reference_is_empty_a_bibcode_or_a_doi(reference):
    assert check(keywords("primary", {"REFERENC": reference})) == []


@pytest.mark.parametrize("ratio", [0.5, 1.5])
def test_tolerances_belong_to_the_good_range(ratio):
    assert check(keywords("primary", {"SPEC_BIN": ratio * float(np.median(np.diff(GOOD.arrays["WAVE"]))) / 10})) == []
