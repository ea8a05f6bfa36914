"""What the rules of Phase 3 lean on: units, UCDs, places on the sky, values by type, and where each rule stands."""

import pytest
from astropy.wcs import WCS

from processing.core.phase3 import batch, columns, cubes, general, images, scheme, sky, spectra
from processing.core.phase3.checks import RULES
from processing.core.phase3.product import Hdu
from processing.core.phase3.ucd import fault
from processing.core.phase3.units import parses
from processing.core.phase3.values import number, numbered, repeated, text, whole
from tests.core.phase3_files import FLAT, SCHEME, UNIT

GROUPS = {general: "G01-G14", batch: "G15-G17", images: "I01-I03", cubes: "C01-C03", spectra: "S01-S10 S20"}


@pytest.mark.parametrize("module", [*GROUPS, columns])
def test_a_rule_stands_in_the_module_of_its_group(module):
    ids = [rule.id for rule in RULES if rule.broken.__module__ == module.__name__]
    shown = GROUPS.get(module, "S11-S19 S21")
    wanted = [part.split("-") for part in shown.split()]
    assert ids == [rule.id for rule in RULES if any(low[0] <= rule.id <= low[-1] for low in wanted)]


@pytest.mark.parametrize(
    "unit",
    [
        "angstrom",
        "nm",
        "adu",
        UNIT,
        "erg/s/cm**2/Angstrom",
        "erg s-1 cm-2",
        "10^-16 W m^(-3/2)",
        "(km/s)**2",
        "log(Hz)",
    ],
)
def test_a_unit_parses(unit):
    assert parses(unit)


@pytest.mark.parametrize(
    "unit", ["furlongs", "counts per bin", "m**", "m**(2", "(m", "m)", "/", "erg//s", "m" * 101, "(" * 90, "m\x00", "²"]
)
def test_what_is_no_unit_does_not_parse(unit):
    assert not parses(unit)


@pytest.mark.parametrize("ucd", ["em.wl;obs.atmos", "phot.flux.density;em.wl;src.net;stat.uncalib;meta.main", "EM.WL"])
def test_a_ucd_is_made_of_words_of_the_vocabulary(ucd):
    assert fault(ucd) == ""


@pytest.mark.parametrize(
    ("ucd", "why"),
    [("em.ql", "no word"), ("em.wl;", "no word"), ("meta.main", "first"), ("em.wl;meta.id", "after others")],
)
def test_what_is_wrong_with_a_ucd_is_said(ucd, why):
    assert why in fault(ucd)


@pytest.mark.parametrize(("ra", "dec"), [(150.5, -30.25), (150.5003, -30.2504), (150.51, -30.24)])
def test_a_position_has_the_pixel_that_astropy_gives_it(ra, dec):
    wcs = WCS({key: value for key, value in FLAT.items() if not key.startswith("NAXIS")})
    x, y = wcs.all_world2pix(ra, dec, 1)
    assert sky.pixel(FLAT, ra, dec) == pytest.approx((float(x), float(y)), abs=1e-6)


def test_the_other_side_of_the_sky_has_no_pixel():
    assert sky.pixel(FLAT, 330.5, 30.25) is None
    assert not sky.covers([Hdu(header=FLAT)], 330.5, 30.25)


def test_an_extension_of_a_wrong_class_is_named():
    data = Hdu(header={**SCHEME, "EXTNAME": "SCI", "HDUCLAS2": "DATA", "HDUCLASS": "OGIP"})
    assert [message for message, _ in scheme.broken([data], ["DATA"])] == ["HDUCLASS in SCI is 'OGIP'; allowed: ESO"]


@pytest.mark.parametrize("value", [True, "1", float("inf"), 10**400, None, 1j])
def test_what_is_no_finite_number_is_none(value):
    assert number({"KEY": value}, "KEY") is None


def test_blanks_at_the_end_of_a_text_mean_nothing():
    assert text({"KEY": "value  "}, "KEY") == "value"
    assert whole({"KEY": 1.0}, "KEY") is None


def test_numbered_keywords_have_no_leading_zero():
    assert numbered({"PROV2": "b", "PROV1": "a", "PROV03": "c", "PROVXTN": True}, "PROV") == [(1, "a"), (2, "b")]
    assert repeated(["a ", "a", 1, True]) == ["a"]
