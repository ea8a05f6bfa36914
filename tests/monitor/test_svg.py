"""The spectrum as a picture."""

import xml.etree.ElementTree as ET

import pytest

from monitor.pages import svg
from monitor.pages.axes import Axis
from monitor.tallies import Tally
from processing.core.states import JobState

PREVIEW = {"wave": [4000.0, 4010.0, 4020.0, 4030.0], "low": [1.0, 2.0, 1.0, 2.0], "high": [3.0, 4.0, 3.0, 4.0]}
NONE = {str(state): 0 for state in JobState}


def drawn(preview, title="A star", unit="adu"):
    return ET.fromstring(svg.spectrum(preview, "plot-1", title, unit))  # noqa: S314 - our own text


def texts(picture):
    return [element.text for element in picture.iter("text")]


def test_the_plot_has_title_and_description():
    picture = drawn(PREVIEW)

    assert picture.get("role") == "img"
    assert picture.get("aria-labelledby") == "plot-1-title plot-1-desc"
    assert picture.find("title").text == "A star"
    assert picture.find("desc").text == "Flux in adu from 4000 to 4030 Å, between 1 and 4."


def test_the_axes_have_round_ticks_and_units():
    found = texts(drawn(PREVIEW))

    assert {"4000", "4010", "4020", "4030", "0", "1", "2", "3", "4"} <= set(found)
    assert "wavelength / Å" in found
    assert "flux / adu" in found


@pytest.mark.parametrize(("low", "high", "labels"), [(0, 1, ["0.0", "0.2"]), (0.011, 0.019, ["0.012", "0.014"])])
def test_ticks_have_as_many_decimals_as_their_step(low, high, labels):
    assert [label for _, label in Axis(low, high, 0, 100).ticks(5)][:2] == labels


def test_the_envelope_goes_there_and_back():
    [outline] = drawn(PREVIEW).iter("polygon")
    points = [tuple(map(float, point.split(","))) for point in outline.get("points").split()]

    assert len(points) == 8
    assert points[0][0] == points[-1][0]
    assert points[0][1] < points[-1][1]  # the highest flux is nearer to the top


def test_a_gap_between_detectors_is_not_bridged():
    wave = [4000.0, 4010.0, 4020.0, 4030.0, 4800.0, 4810.0, 4820.0, 4830.0]

    assert len(list(drawn({"wave": wave, "low": [1.0] * 8, "high": [2.0] * 8}).iter("polygon"))) == 2


def test_a_constant_flux_can_be_drawn():
    assert drawn({"wave": [1.0, 2.0], "low": [0.0, 0.0], "high": [0.0, 0.0]}) is not None


def test_values_that_are_no_numbers_are_left_out():
    wave = [4000.0, float("nan"), 4020.0, None]
    [outline] = drawn({**PREVIEW, "wave": wave}).iter("polygon")

    assert len(outline.get("points").split()) == 4


@pytest.mark.parametrize(
    "preview", [{}, None, [], {"wave": [1.0]}, {"wave": [1.0], "low": [1.0], "high": [1.0]}, {"wave": 3}]
)
def test_what_cannot_be_drawn_gives_nothing(preview):
    assert svg.spectrum(preview, "p", "t", "adu") == ""


def test_title_and_unit_are_escaped():
    picture = svg.spectrum(PREVIEW, "p", "<script>", "<b>")

    assert "<script>" not in picture
    assert "<b>" not in picture


def test_a_plot_has_no_style_of_its_own():
    assert "style=" not in svg.spectrum(PREVIEW, "p", "t", "adu")


def test_the_parts_of_a_bar_fill_it():
    counts = NONE | {"INGESTED": 2, "FAILED": 1}
    bar = ET.fromstring(svg.bar(Tally(counts)))  # noqa: S314 - our own text

    assert [(rect.get("class"), rect.get("x"), rect.get("width")) for rect in bar.iter("rect")] == [
        ("fill-done", "0.00%", "66.67%"),
        ("fill-failed", "66.67%", "33.33%"),
    ]


def test_the_bar_of_no_jobs_is_empty():
    assert 'aria-label="0 ABs: no jobs"' in svg.bar(Tally(NONE))


def test_noisy_order_ends_do_not_flatten_the_rest_of_the_plot():
    wave = [4000.0 + i for i in range(100)]
    low, high = [90.0] * 100, [110.0] * 100
    low[0], high[0] = -20000.0, 20000.0
    drawn = svg.spectrum({"wave": wave, "low": low, "high": high}, "id", "title", "adu")

    assert "20000" not in drawn.split("</desc>")[1]
    assert "between -2e+04 and 2e+04" in drawn
