"""How states look: by shape, word and tone, readable in light and dark."""

import re
from pathlib import Path

import pytest

from monitor import marks
from processing.core.states import CertificateState, ClusterState, DateState, IngestState, JobState, ProductState

ROOT = Path(__file__).parent.parent.parent
CSS = (ROOT / "static/monitor/phoenix.css").read_text()
SHEET = (ROOT / "templates/monitor/shapes.svg").read_text()
KINDS = [
    (JobState, marks.JOB_MARKS),
    (DateState, marks.DATE_MARKS),
    (IngestState, marks.INGEST_MARKS),
    (ProductState, marks.PRODUCT_MARKS),
    (CertificateState, marks.CERTIFICATE_MARKS),
    (ClusterState, marks.CLUSTER_MARKS),
]
ALL = {mark for _, known in KINDS for mark in known.values()} | set(marks.FLAG_MARKS.values())


@pytest.mark.parametrize(("states", "known"), KINDS)
def test_every_state_has_a_mark_and_its_own_word(states, known):
    assert set(known) == set(states)
    assert [mark.word for mark in known.values()] == [state.lower().replace("_", " ") for state in known]


@pytest.mark.parametrize("mark", sorted(ALL, key=str), ids=lambda mark: mark.word)
def test_shape_and_tone_of_a_mark_exist(mark):
    assert f'id="shape-{mark.shape}"' in SHEET
    assert f".state.{mark.tone} " in CSS


@pytest.mark.parametrize("known", [known for _, known in KINDS])
def test_states_of_different_tone_differ_in_shape_too(known):
    looks = {(mark.shape, mark.tone) for mark in known.values()}

    assert len({shape for shape, _ in looks}) == len(looks)


def tokens(scheme):
    """Custom properties of the light scheme, or of the dark one on top of it."""
    dark = CSS.index("@media (prefers-color-scheme: dark)")
    part = CSS[:dark] if scheme == "light" else CSS[: CSS.index("/* Frame */")]
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", part))


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


INKS = ("ink", "muted", "accent", "done", "near-ink", "running", "failed", "held", "rejected", "skipped", "waiting")
GROUNDS = ("surface", "page", "sunken", "held-wash", "failed-wash", "done-wash")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_on_every_ground(scheme):
    found = tokens(scheme)
    pairs = [(ink, ground, contrast(found[ink], found[ground])) for ink in INKS for ground in GROUNDS]

    assert not [pair for pair in pairs if pair[2] < 4.5]


def test_the_style_sheet_asks_nobody_else():
    assert "url(" not in CSS
    assert "@import" not in CSS
