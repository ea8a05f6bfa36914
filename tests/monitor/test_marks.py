"""How states look: by shape, word and tone, readable in light and dark."""

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
