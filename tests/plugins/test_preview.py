"""The preview of a spectrum as a file."""

import xml.etree.ElementTree as ET

import pytest

from processing.plugins import preview

SVG = "{http://www.w3.org/2000/svg}"
POINTS = {"wave": [5000.0, 5500.0, 6000.0], "low": [1.0, 2.0, 1.0], "high": [2.0, 4.0, 2.0]}


def drawn(points, title="HD 1", unit="adu"):
    return ET.fromstring(preview.spectrum(points, title, unit))  # noqa: S314 - our own text


def test_a_preview_says_what_it_shows():
    texts = [element.text for element in drawn(POINTS).iter(f"{SVG}text")]
    assert texts == ["HD 1", "500 nm", "600 nm", "1 to 4 adu"]


def test_the_band_stays_on_the_paper_and_has_zero_on_its_lower_edge():
    path = next(drawn(POINTS).iter(f"{SVG}path")).attrib["d"]
    places = [tuple(map(float, pair.split())) for pair in path.strip("MZ").split("L")]
    assert len(places) == 6
    assert {x for x, _ in places} == {40.0, 320.0, 600.0}
    assert min(y for _, y in places) == preview.MARGIN
    assert max(y for _, y in places) == pytest.approx(200.0 - 160.0 / 4)


@pytest.mark.parametrize("points", [{}, {"wave": [], "low": [], "high": []}])
def test_a_spectrum_without_points_is_a_picture_all_the_same(points):
    assert next(drawn(points).iter(f"{SVG}path")).attrib["d"] == ""


def test_a_title_is_text_and_no_markup():
    assert drawn(POINTS, title="<script>").find(f"{SVG}title").text == "<script>"
