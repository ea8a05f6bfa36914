"""Product selection: which category of the recipe is which part of an archive product."""

import pytest

from processing.core.columns import COLUMNS, ucds, utypes
from processing.core.selection import Selection, product_category
from tests.core.products import REDUCED, spectrum

MADE = ("RED_SCI_POINT_REDL", "RED_SCIENCE_REDL", "RED_SCI_POINT_REDU", "ERRORBAR_SCI_POINT_REDL", "RED_REDL")


@pytest.mark.parametrize(
    ("science", "chip", "tags"),
    [
        ("RED_{tag}", "REDL", ["SCI_POINT", "SCIENCE"]),
        ("RED_{tag}", "REDU", ["SCI_POINT"]),
        ("RED_{tag}", "BLUE", []),
        ("RED", "REDL", [""]),
        ("", "REDL", []),
    ],
)
def test_the_primary_product_is_found_by_its_pattern_and_says_the_raw_tag(science, chip, tags):
    assert Selection(science=science).tags(chip, MADE) == tags


def test_an_instrument_of_one_detector_has_categories_without_a_chip():
    assert Selection(science="COADDED_IMG").tags("", ["COADDED_IMG", "COADDED_IMG_BLUE"]) == [""]
    assert product_category("COADDED_IMG", "", "") == "COADDED_IMG"


def test_a_role_that_is_left_out_names_no_product():
    assert product_category("", "SCI_POINT", "REDL") == ""


def test_an_uncalibrated_spectrum_says_so_in_the_description_of_its_columns():
    reduced = spectrum(REDUCED)
    assert {utype.partition(".")[0] for utype in utypes(reduced)} == {"Spectrum"}
    assert all("stat.uncalib" in ucd for ucd in ucds(reduced)[1:4])
    assert {COLUMNS[name].unit for name in reduced.columns} == {"adu", ""}
