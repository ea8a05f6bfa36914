"""Certificates as text."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processing.core.certification import BadCertificate
from processing.core.toml import MOST_CHARACTERS, read_entries, write
from tests.core.examples import SHIPPED

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
SCALAR = st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | TEXT
VALUE = st.recursive(
    SCALAR,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(TEXT, VALUE, max_size=5))
def test_what_is_written_is_read_again_as_it_was(table):
    assert tomllib.loads(write(table)) == table


def test_a_shipped_certificate_stays_the_same_over_its_text():
    for entry in read_entries(SHIPPED.read_text()):
        assert read_entries(write(entry)) == [entry]


def test_an_absent_value_is_left_out():
    assert write({"a": None, "b": [{"low": None, "high": 1}], "c": {"d": None}}) == "b = [\n  { high = 1 },\n]\n\n[c]\n"


def test_a_text_of_several_certificates_shares_what_its_common_table_says():
    text = '[common]\ninstrument = "UVES"\n[[certificate]]\nname = "A"\n[[certificate]]\nname = "B"\ninstrument = "X"\n'

    assert read_entries(text) == [{"instrument": "UVES", "name": "A"}, {"instrument": "X", "name": "B"}]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name = \nx = 1", r"not TOML: .*line 1, column 8"),
        ("a = " + "[" * 5000, "not TOML"),
        ("certificate = 5", "list of tables"),
        ("common = 5\n[[certificate]]", "must be a table"),
        ("#" * (MOST_CHARACTERS + 1), "longer than"),
    ],
)
def test_a_text_that_is_none_is_refused_with_the_place(text, told):
    with pytest.raises(BadCertificate, match=told):
        read_entries(text)
