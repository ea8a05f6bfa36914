"""Plain data held against a dataclass: every fault is found, each with its path."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processing.core.certification import BadCertificate, Certificate, faults_of, read_certificate
from processing.core.shape import below
from processing.core.toml import read_entries
from tests.core.examples import SHIPPED

GOOD = read_entries(SHIPPED.read_text())[-1]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"mode": {"technique": "ECHELLE"}}, "mode.technique: unknown; known are tech, tech_has, type_has, slit"),
        ({"scores": [{"name": "s2n"}]}, "scores[0].parameter: is missing"),
        ({"scores": [{"name": "s2n", "parameter": "qc", "low": "3"}]}, "scores[0].low: must be a number"),
        ({"frames": 1.5}, "frames: must be a whole number"),
        ({"frames": True}, "frames: must be a whole number"),
        ({"seconds": float("nan")}, "seconds: must be finite"),
        ({"gate_least": 10**400}, "gate_least: must be finite"),
        ({"seconds": 0}, "seconds: must be above 0"),
        ({"memory_mb": -1}, "memory_mb: must be above 0"),
        ({"flux_policy": "SOMETIMES"}, "flux_policy: must be one of NEVER, WHENEVER_AVAILABLE"),
        ({"required": "MASTER_BIAS"}, "required: must be a list"),
        ({"chips": {"RED": ["REDL", 5]}}, "chips.RED[1]: must be a text"),
        ({"parameters": [{"values": {"reduce.merge": 4}}]}, 'parameters[0].values."reduce.merge": must be a text'),
        ({"idp": {"ORIGIN": []}}, "idp.ORIGIN: must be a text"),
        ({"note": "a\0b"}, "note: has a character that is none"),
        ({"note": "\ud800"}, "note: has a character that is none"),
        ({"mode": None}, "mode: must be a table"),
    ],
)
def test_a_fault_is_named_by_its_key_and_what_would_be_right(change, told):
    assert [str(fault) for fault in faults_of({**GOOD, **change})] == [told]


def test_all_faults_are_found_at_once():
    with pytest.raises(BadCertificate, match=r"frames: .*; seconds: ") as found:
        read_certificate({**GOOD, "frames": "x", "seconds": "y"})

    assert [fault.path for fault in found.value.faults] == ["frames", "seconds"]


def test_what_is_as_it_should_be_has_no_fault():
    assert faults_of(GOOD) == []


def test_a_key_with_a_dot_stands_in_quotation_marks():
    assert (below("a", "b.c"), below("a", "b"), below("", "b")) == ('a."b.c"', "a.b", "b")


@given(st.dictionaries(st.sampled_from([*Certificate.__dataclass_fields__, "strange"]), ANYTHING))
def test_nothing_that_can_be_written_down_does_anything_but_fit_or_be_refused(changes):
    data = {**GOOD, **changes}
    if not faults_of(data):
        assert read_certificate(data).name == data["name"]
