"""Tables as text: what others read from it is what was written."""

import csv
import io
import json
from collections.abc import Sequence

import pytest
from astropy.io.votable import parse_single_table

from processing.core.table import FORMATS, Column, Heading, Row

HEADING = Heading(
    "qc1",
    "Parameters of <one> & all",
    (
        Column("ab", str, "", "meta.id", 'the "block"'),
        Column("mjd_obs", float, "d", "time.start;obs.exposure"),
        Column("flag", int),
    ),
)
ROWS: list[Row] = [['a, "b" <c> & d\u0001ü', 56056.137, 1], ["", None, None], ["e", 1e-300, 0]]


def written(form: str, rows: Sequence[Row] = ROWS) -> str:
    return "".join(FORMATS[form](HEADING, iter(rows)))


def test_csv_says_the_same_again_and_what_is_not_known_is_empty():
    names, *rows = csv.reader(io.StringIO(written("csv")))
    assert names == ["ab", "mjd_obs", "flag"]
    assert rows == [[ROWS[0][0], "56056.137", "1"], ["", "", ""], ["e", "1e-300", "0"]]


def test_json_says_the_same_again():
    assert [list(row.values()) for row in json.loads(written("json"))] == ROWS
    assert {tuple(row) for row in json.loads(written("json"))} == {("ab", "mjd_obs", "flag")}
    assert json.loads(written("json", [])) == []


def test_json_never_has_a_number_that_is_none():
    with pytest.raises(ValueError, match="not JSON compliant"):
        written("json", [["a", float("nan"), 0]])


def test_a_votable_is_read_by_others_with_units_and_kinds():
    table = parse_single_table(io.BytesIO(written("votable").encode()), verify="exception")
    assert [(field.name, str(field.unit or ""), field.ucd) for field in table.fields] == [
        ("ab", "", "meta.id"),
        ("mjd_obs", "d", "time.start;obs.exposure"),
        ("flag", "", None),
    ]
    assert (table.fields[0].description, table.description) == ('the "block"', "Parameters of <one> & all")


def test_a_votable_says_the_same_again_and_what_is_not_known_is_masked():
    found = parse_single_table(io.BytesIO(written("votable").encode()), verify="exception").to_table()
    # What XML cannot hold is left out.
    assert list(found["ab"]) == ['a, "b" <c> & dü', "", "e"]
    assert list(found["mjd_obs"][[0, 2]]) == [56056.137, 1e-300]
    assert [bool(masked) for masked in found["mjd_obs"].mask] == [False, True, False]
    assert [bool(masked) for masked in found["flag"].mask] == [False, True, False]


@pytest.mark.parametrize("form", FORMATS)
def test_a_row_is_written_before_the_next_is_read(form):
    read = []

    def rows():
        for row in ROWS:
            read.append(row)
            yield row

    next(line for line in FORMATS[form](HEADING, rows()) if "56056.137" in line)
    assert len(read) == 1
