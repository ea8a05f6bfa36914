"""Keyword tables as data, and the resolver that fills them and says where each value came from."""

from collections import Counter

import pytest

from processing.core import derive
from processing.core.errors import ABFailed
from processing.core.idp import filled
from processing.core.keywords import Place, Status, table
from processing.core.origin import Ancillary
from processing.core.spectrum import Spectrum
from tests.core.products import CONSTANTS, HEADER, REDUCED, origin, spectrum

# Both headers come first; which of them knows better depends on the keyword.
RANK = {Place.RAW: 0, Place.PIPELINE: 0, Place.DERIVED: 1, Place.CONFIGURATION: 2, Place.DATABASE: 3}
# Of a collection, a constant is the fallback for what was measured.
EXCEPTIONS = {"SPEC_RES"}
OUR_OWN = ("PHXCERT", "PHXREL")


def product(data: Spectrum | None = None, **other):
    return {(one.hdu, one.name): one for one in filled(data or spectrum(), origin(**other))}


def refused(**other) -> str:
    with pytest.raises(ABFailed) as failed:
        product(**other)
    return failed.value.sentence


def without(*keys):
    return ({key: value for key, value in HEADER.items() if key not in keys},)


def test_the_table_of_spectra_is_that_of_the_standard():
    rows = [row for row in table("spectrum") if row.status is not Status.FORBIDDEN and row.name not in OUR_OWN]
    assert len(rows) == 91
    assert Counter(row.status.value for row in rows) == {"M": 60, "Me": 5, "Mc": 9, "R": 4, "O": 10, "A": 3}
    assert not [key for key, number in Counter((row.name, row.hdu) for row in rows).items() if number > 1]


@pytest.mark.parametrize("category", ["spectrum", "image"])
def test_every_keyword_asks_the_header_first_then_configuration_then_the_database(category):
    for row in table(category):
        ranks = [RANK[source.place] for source in row.sources if source.place in RANK]
        assert ranks == sorted(ranks) or row.name in EXCEPTIONS, row.name


@pytest.mark.parametrize("category", ["spectrum", "image"])
def test_every_unconditional_mandatory_keyword_has_a_place_to_ask(category):
    assert not [row.name for row in table(category) if row.must_have_value and not row.sources]


def test_every_derived_value_of_the_table_has_its_function():
    asked = {source.key for row in table("spectrum") for source in row.sources if source.kind == "derive"}
    assert asked == {*derive.OF_SPECTRUM, *derive.OF_ORIGIN} & asked
    assert {*derive.OF_SPECTRUM} <= asked


@pytest.mark.parametrize(
    ("keyword", "place"),
    [
        ("OBJECT", "raw header ESO OBS TARG NAME"),
        ("PROCSOFT", "pipeline header ESO PRO REC1 PIPE ID"),
        ("SNR", "derived snr"),
        ("SPECSYS", "configuration SPECSYS"),
        ("SPEC_RES", "database resolution"),
        ("PROV2", "database raw_names"),
    ],
)
def test_a_value_says_where_it_came_from(keyword, place):
    assert str(product()[0, keyword].asked) == place


@pytest.mark.parametrize(
    ("missing", "keyword", "place"),
    [
        ("ESO OBS TARG NAME", "OBJECT", Place.RAW),
        ("ORIGIN", "ORIGIN", Place.CONFIGURATION),
        ("ESO OBS PROG ID", "PROG_ID", Place.DATABASE),
    ],
)
def test_the_next_place_is_asked_when_the_first_has_no_value(missing, keyword, place):
    for headers in (without(missing), ({**HEADER, missing: ""},)):
        assert product(headers=headers)[0, keyword].asked.place is place


def test_a_resolution_that_was_not_measured_is_that_of_the_collection():
    constants = {**CONSTANTS, "SPEC_RES": 40000.0}
    assert product(constants=constants)[0, "SPEC_RES"].value == 42000.0
    assert product(constants=constants, resolution=None)[0, "SPEC_RES"].value == 40000.0


def test_every_mandatory_keyword_without_a_value_is_named_with_the_places_asked():
    sentence = refused(headers=without("ESO INS SLIT3 WID", "TELESCOP"), resolution=None)
    assert "TELESCOP has no value: asked raw header TELESCOP" in sentence
    assert "SPEC_RES has no value: asked database resolution, configuration SPEC_RES" in sentence
    assert "APERTURE has no value" in sentence


def test_an_optional_keyword_without_a_value_is_left_out():
    found = product(headers=without("ESO INS GRAT2 NAME"))
    assert not {"DISPELEM", "LAMRMS", "STREHL", "TIMESYS", "ASSON1", "ARCFILE"} & {name for _, name in found}


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("ESO OBS ID", "none", "OBIDi is 'none' (raw header ESO OBS ID), not integer"),
        ("ESO OBS ID", 7.5, "OBIDi is 7.5"),
        ("RA", "10:02:00", "RA is '10:02:00'"),
        ("EQUINOX", True, "EQUINOX is True"),
    ],
)
def test_a_value_of_another_type_than_the_standards_is_refused(key, value, sentence):
    assert sentence in refused(headers=({**HEADER, key: value},))


def test_a_logical_constant_must_be_one():
    assert "CONTNORM is 'F' (configuration CONTNORM), not logical" in refused(constants={**CONSTANTS, "CONTNORM": "F"})


def test_units_are_converted_where_the_pipeline_differs():
    found = product(headers=({**HEADER, "LAMRMS": 0.02, "CRDER1": 0.03},))
    assert [found[0, name].value for name in ("LAMRMS", "SPEC_ERR")] == pytest.approx([0.002, 0.003])
    assert found[0, "LAMRMS"].comment.startswith("[nm]")
    assert found[1, "APERTURE"].value == pytest.approx(1 / 3600)


def test_a_number_that_is_not_finite_is_no_value():
    assert "RA has no value" in refused(headers=({**HEADER, "RA": float("nan")},))


def test_ancillary_files_are_associated_and_only_other_formats_have_category_and_md5():
    files = (Ancillary("a.fits", "ANCILLARY.2DSPECTRUM", "1"), Ancillary("b.svg", "ANCILLARY.PREVIEW", "2"))
    found = {name: one.value for (_, name), one in product(ancillaries=files).items() if name.startswith("ASSO")}
    assert found == {"ASSON1": "a.fits", "ASSON2": "b.svg", "ASSOC2": "ANCILLARY.PREVIEW", "ASSOM2": "2"}


def test_no_keyword_that_is_not_allowed_is_written():
    for data in (spectrum(), spectrum(REDUCED)):
        assert not {"BUNIT", "CD1_1", "CDELT1"} & {name for _, name in product(data)}
