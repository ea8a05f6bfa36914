"""The colours of the style sheet: text can be read, shapes can be seen, done and failed differ for every eye."""

import gzip
import re
from pathlib import Path

import numpy as np
import pytest

from tests.monitor.colours import SIGHT, ciede2000, contrast, distance

CSS = Path(__file__).parent.parent.parent / "static/monitor/phoenix.css"
SHEET = CSS.read_text()
DARK = "@media screen and (prefers-color-scheme: dark)"
SCHEMES = ("light", "dark")

# What WCAG 2.2 asks for (AA): text, and what is not text but has to be seen.
TEXT, GRAPHICS = 4.5, 3.0
INKS = ("ink", "muted", "accent", "done", "near-ink", "running", "failed", "held", "rejected", "skipped", "waiting")
GROUNDS = ("surface", "page", "sunken", "held-wash", "failed-wash", "done-wash")
EDGES = ("edge", "accent", "done", "held", "failed")
# Done and failed must never be mistaken; red and green of the same lightness, as many pages have them, are 7 apart.
FAR = 40
# Other pairs of tones lean on their shapes and words, but are no twins for those who see all colours.
APART = 8


def tokens(scheme: str) -> dict[str, str]:
    """Custom properties of the light scheme, or of the dark one on top of it."""
    frame = SHEET[: SHEET.index("/* Frame */")]
    part = frame if scheme == "dark" else frame[: frame.index(DARK)]
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", part))


def low(pairs: list[tuple[str, str]], scheme: str, least: float) -> list[tuple[str, str, float]]:
    """The pairs whose contrast is below the least."""
    found = tokens(scheme)
    measured = [(one, other, round(contrast(found[one], found[other]), 2)) for one, other in pairs]
    return [pair for pair in measured if pair[2] < least]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_text_can_be_read_on_every_ground(scheme):
    assert not low([(ink, ground) for ink in INKS for ground in GROUNDS], scheme, TEXT)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_text_can_be_read_in_the_header_and_on_buttons(scheme):
    pairs = [("top-ink", "top"), ("top-muted", "top"), ("alarm-ink", "alarm"), ("button-ink", "button")]

    assert not low([*pairs, ("button-ink", "grave")], scheme, TEXT)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_edges_of_fields_buttons_and_alerts_can_be_seen(scheme):
    assert not low([(edge, ground) for edge in EDGES for ground in ("surface", "page")], scheme, GRAPHICS)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_parts_of_a_bar_that_count_can_be_seen(scheme):
    fills = ("done-fill", "near", "running", "failed", "held")

    assert not low([(fill, "surface") for fill in fills], scheme, GRAPHICS)


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("done", ["done", "done-fill"])
def test_done_and_failed_differ_for_every_eye(scheme, sight, done):
    found = tokens(scheme)

    assert distance(found[done], found["failed"], sight) >= FAR


@pytest.mark.parametrize("scheme", SCHEMES)
def test_no_two_tones_are_twins(scheme):
    found = tokens(scheme)
    tones = ("done", "running", "failed", "held", "waiting")
    pairs = [(one, other) for i, one in enumerate(tones) for other in tones[:i]]
    near = [(one, other) for one, other in pairs if distance(found[one], found[other]) < APART]

    assert not near


def test_the_style_sheet_uses_no_colour_that_is_not_a_token():
    rules = SHEET[SHEET.index("/* Frame */") : SHEET.index("@media print")]

    assert not re.findall(r"#[0-9a-f]{3,8}\b(?! \{)", rules)


def test_the_style_sheet_asks_nobody_else():
    assert "url(" not in SHEET
    assert "@import" not in SHEET


def test_the_style_sheet_is_small():
    assert len(gzip.compress(CSS.read_bytes())) <= 9_000


# Of the test data of Sharma, Wu & Dalal (2005): each looks at another branch of the formula.
REFERENCE = [
    ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
    ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
    ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
    ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
]


@pytest.mark.parametrize(("one", "other", "expected"), REFERENCE)
def test_the_difference_of_colours_is_measured_as_published(one, other, expected):
    assert ciede2000(np.array(one), np.array(other)) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("sight", SIGHT)
def test_grey_stays_grey_for_every_eye(sight):
    assert SIGHT[sight] @ np.ones(3) == pytest.approx(np.ones(3), abs=1e-5)


def test_red_and_green_of_the_same_lightness_would_have_failed():
    assert distance("#388e3c", "#d32f2f") > FAR
    assert distance("#388e3c", "#d32f2f", "deutan") < FAR / 2
