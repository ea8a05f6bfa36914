"""The lines of an AB text: which are told apart, and which of several wrong ones is named."""

import pytest

from processing.core.errors import BadAB
from processing.core.lines import Lines

COLUMNS = {"FILE": ("name", "size?")}
SINGLE = ("FIRST", "SECOND")


def lines(text):
    return Lines(text, "x.ab", COLUMNS, SINGLE)


def test_lines_that_nobody_asks_for_are_kept_in_their_order():
    assert lines("B 1\nFIRST x\nA\t2  3\nB 1").others == [("B", "1"), ("A", "2 3"), ("B", "1")]


def test_a_column_that_may_be_absent_is_absent_and_what_follows_the_last_is_ignored():
    found = lines("FILE a\nFILE b 7 more").each("FILE", dict)

    assert [(row["name"], row.get("size"), len(row) - 1) for row in found] == [("a", None, 1), ("b", "7", 2)]


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("FIRST 1\nSECOND 1\nSECOND 2\nFIRST 2", 3, "SECOND was '1' in line 2"),
        ("FIRST 1\nSECOND\nFIRST 2", 2, "SECOND has no value"),
        ("FIRST 1\nFIRST\nFIRST 2", 2, "FIRST has no value"),
    ],
)
def test_the_first_line_that_contradicts_another_is_named(text, line, reason):
    with pytest.raises(BadAB) as raised:
        lines(text)

    assert (raised.value.line, raised.value.reason) == (line, reason)


def test_a_line_that_its_reader_does_not_take_is_named_with_its_reason():
    with pytest.raises(BadAB, match=r"x\.ab:2: .*'three'"):
        lines("FILE 1\nFILE three").each("FILE", lambda row: int(row["name"]))
