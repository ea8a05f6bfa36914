"""What differs between two versions."""

from hypothesis import given
from hypothesis import strategies as st

from processing.core.difference import Change, difference, same
from processing.core.toml import read_entries
from tests.core.examples import SHIPPED

SCALAR = st.booleans() | st.integers(-3, 3) | st.floats(-2, 2) | st.sampled_from(["", "a", "a.b", "0"])
TABLE = st.dictionaries(
    st.sampled_from(["name", "a", "b.c", "0"]),
    st.recursive(
        SCALAR,
        lambda inner: (
            st.lists(SCALAR, max_size=3)
            | st.dictionaries(st.sampled_from(["name", "a", "b.c"]), inner, max_size=3)
            | st.lists(st.dictionaries(st.sampled_from(["name", "x"]), inner, max_size=2), max_size=3)
        ),
        max_leaves=8,
    ),
    max_size=4,
)


def test_a_changed_threshold_is_one_line_named_by_its_score():
    [old] = read_entries(SHIPPED.read_text())[-1:]
    new = {**old, "scores": [{**old["scores"][0], "low": 5.0}, *old["scores"][1:]]}

    assert difference(old, new) == [Change("scores[s2n].low", 3.0, 5.0)]


def test_what_only_one_version_has_has_nothing_on_the_other_side():
    assert difference({"a": 1, "x": {"y": 2}}, {"b": [3]}) == [
        Change("b", None, [3]),
        Change("a", 1, None),
        Change("x.y", 2, None),
    ]


def test_another_order_of_named_tables_is_a_difference():
    first, second = {"name": "one", "x": 1}, {"name": "two", "x": 2}

    assert difference({"scores": [first, second]}, {"scores": [second, first]}) == [
        Change("scores[]", ["one", "two"], ["two", "one"])
    ]


def test_tables_without_a_name_are_told_apart_by_their_number():
    assert difference({"p": [{"low": 1}]}, {"p": [{"low": 1}, {"low": 2}]}) == [Change("p[1].low", None, 2)]


def test_a_truth_is_not_a_number_but_5_is_5_point_0():
    assert difference({"a": 1, "b": 5, "c": [1]}, {"a": True, "b": 5.0, "c": [True]}) == [
        Change("a", 1, True),
        Change("c", [1], [True]),
    ]


@given(TABLE)
def test_nothing_differs_from_itself(table):
    assert difference(table, table) == []


@given(TABLE, TABLE)
def test_something_differs_exactly_if_the_two_are_not_the_same(old, new):
    assert bool(difference(old, new)) == (not same(old, new))


@given(TABLE, TABLE)
def test_the_way_back_has_the_same_changes_with_old_and_new_exchanged(old, new):
    there = {(change.path, repr(change.old), repr(change.new)) for change in difference(old, new)}
    back = {(change.path, repr(change.new), repr(change.old)) for change in difference(new, old)}

    assert there == back
