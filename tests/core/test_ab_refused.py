"""What is no association block: refused with file, line and reason, whatever the text."""

import re
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from processing.core.ab import AB, MAX_BYTES, Calib, RawFile, decode, parse
from processing.core.errors import BadAB
from tests.core.examples import LEAST, least

LINE = len(LEAST) + 1
MCALIB = "MCALIB\tREAL\t/cal\t{}\tMASTER_BIAS_REDL"


@pytest.mark.parametrize("qualifier", LEAST)
def test_a_mandatory_line_that_is_missing_is_named(qualifier):
    with pytest.raises(BadAB, match=f"x.ab: no {qualifier} line"):
        parse(least(**{qualifier: None}), "x.ab")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("instrument\tUVES", "'instrument' is not a qualifier"),
        ("<html>", "'<html>' is not a qualifier"),
        ("DATE\t2012-05-10", "DATE was '2012-05-09' in line 2"),
        ("OBS_ID", "OBS_ID has no value"),
        ("OBS_ID\t# 7", "OBS_ID has no value"),
        ("MJD-OBS\tnan", "'nan' is not a number"),
        ("MJD-OBS\tyesterday", "'yesterday' is not a number"),
        ("RAWFILE\ta.fits", "RAWFILE needs 2 columns (path, tag), has 1"),
        ("RAWFILE\ta.fits\tsci_point", "'sci_point' is not a pipeline tag"),
        ("RAWFILE\t/raw/..\tSCI_POINT_RED", "'..' is not a file name"),
        ("RAWFILE\t/raw/.fits\tSCI_POINT_RED", "'.fits' is not a file name"),
        ("MCALIB\tREAL\t/cal\tb.fits", "MCALIB needs 4 columns (flag, directory, name, category), has 3"),
        ("MCALIB\tMAYBE\t/cal\tb.fits\tMASTER_BIAS_REDL", "'MAYBE' is neither REAL nor VIRTUAL"),
        ("MCALIB\tREAL\t/cal\tb.fits\tmaster", "'master' is not a PRO.CATG"),
        ("MCALIB\tREAL\t/cal\tb.fits\tMASTER_BIAS_REDL\tinf", "'inf' is not a number"),
        ("MASSOC\tREAL\t/cal\tb.fits\tMASTER_BIAS_REDL\tsoon", "'soon' is not a number"),
        ("GENCALIB\t/cal\tb.fits", "GENCALIB needs 3 columns (directory, name, category), has 2"),
        ("RECIPE_PAR\treduce.method", "RECIPE_PAR is not of the form KEY=value"),
        ("RECIPE_PAR\t=optimal", "RECIPE_PAR is not of the form KEY=value"),
        ("RAW_MATCH_KEY", "RAW_MATCH_KEY is not of the form KEY=value"),
        ("OTHER\tx\0y", "holds a NUL byte, so this is no AB text"),
    ],
)
def test_a_wrong_line_is_named_with_its_number_and_reason(line, reason):
    with pytest.raises(BadAB) as bad:
        parse(least(line), "x.ab")
    assert (bad.value.file, bad.value.line) == ("x.ab", LINE)
    assert reason in bad.value.reason
    assert str(bad.value).startswith(f"x.ab:{LINE}: ")


@pytest.mark.parametrize(
    ("qualifier", "value"),
    [
        ("INSTRUMENT", "../UVES"),
        ("INSTRUMENT", "uves"),
        ("AB_NAME", "../../x.ab"),
        ("AB_NAME", "a b.ab"),
        ("AB_NAME", ".ab"),
        ("AB_NAME", "x" * 129),
        ("DATE", "2012-5-9"),
        ("DATE", "2012-02-30"),
        ("DATE", "0000-01-01"),
    ],
)
def test_a_wrong_value_of_a_mandatory_line_is_refused(qualifier, value):
    with pytest.raises(BadAB) as bad:
        parse(least(**{qualifier: value}), "x.ab")
    assert bad.value.line == list(LEAST).index(qualifier) + 1


@pytest.mark.parametrize("name", ["../../x", "/etc/passwd", "..", ".", "-rf", "a/b", "ä.fits", "$HOME", "x" * 129])
def test_a_calibration_name_that_is_no_safe_path_is_refused(name):
    with pytest.raises(BadAB, match="is not a file name"):
        parse(least(MCALIB.format(name)), "x.ab")


@pytest.mark.parametrize("name", ["reduce.a b", "reduce.a;b", "reduce.a/b", "reduce.ä"])
def test_the_name_of_a_recipe_parameter_is_checked_before_the_night(name):
    with pytest.raises(BadAB) as bad:
        parse(least(f"RECIPE_PAR\t{name}=optimal"), "x.ab")
    assert bad.value.line == LINE


def test_lines_that_end_in_a_lone_carriage_return_are_one_line_and_no_ab():
    with pytest.raises(BadAB):
        parse(least().replace("\n", "\r"), "x.ab")


def test_bytes_of_another_encoding_are_refused_with_their_line():
    with pytest.raises(BadAB, match=f"x.ab:{LINE}: not UTF-8 text"):
        decode(least("OBJECT\tThéta").encode("latin-1"), "x.ab")


def test_a_text_with_halves_of_characters_is_refused():
    with pytest.raises(BadAB):
        parse(least("OBJECT\t\ud800"), "x.ab")


@pytest.mark.parametrize("size", [MAX_BYTES - 1, MAX_BYTES])
def test_five_megabytes_are_read(size):
    content = least("# ").encode()[:-1]
    content += b"x" * (size - len(content))
    assert parse(decode(content, "x.ab"), "x.ab").name == LEAST["AB_NAME"]


def test_more_than_five_megabytes_are_refused_as_bytes_and_as_text():
    for refuse in (lambda: decode(b"#" * (MAX_BYTES + 1), "x.ab"), lambda: parse("é" * (MAX_BYTES // 2 + 1), "x.ab")):
        with pytest.raises(BadAB, match=r"x\.ab: larger than 5 MB"):
            refuse()


QUALIFIERS = st.sampled_from([*LEAST, "MCALIB", "GENCALIB", "RECIPE_PAR", "RAW_MATCH_KEY", "MJD-OBS", "#", "\ufeff"])
WORDS = st.sampled_from(["REAL", "A=1", "/x", "2012-05-09", "MASTER_BIAS_BLUE", "nan", "1e999", "\x85", "="])
LINES = st.builds(lambda q, words: "\t".join([q, *words]), QUALIFIERS, st.lists(WORDS | st.text(max_size=5)))
ANY_CHARACTER = st.text(st.characters(exclude_categories=()))


@given(ANY_CHARACTER | st.lists(LINES, max_size=12).map(lambda lines: least(*lines)))
@example("\ud800")
def test_any_text_is_an_ab_or_is_refused(content):
    try:
        assert isinstance(parse(content, "x.ab"), AB)
    except BadAB as bad:
        assert bad.line <= content.count("\n") + 1  # noqa: PT017 - raised or not, both are right


@given(st.binary(max_size=200))
def test_any_bytes_are_text_or_are_refused(content):
    try:
        assert isinstance(decode(content, "x.ab"), str)
    except BadAB as bad:
        assert bad.reason == "not UTF-8 text"  # noqa: PT017 - raised or not, both are right


NAMES = st.from_regex(re.compile(r"[A-Za-z0-9][A-Za-z0-9._:+-]{0,20}", re.ASCII), fullmatch=True)
TAGS = st.from_regex(re.compile(r"[A-Z][A-Z0-9_]{0,20}", re.ASCII), fullmatch=True)
RAWS = st.builds(RawFile, NAMES.map(lambda name: f"n{name}"), TAGS)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
CALIBS = st.builds(Calib, NAMES, TAGS, st.booleans(), FLOATS, st.booleans())


def line(calib: Calib) -> str:
    flag, match = "REAL" if calib.real else "VIRTUAL", "OK" if calib.matches else "NOK"
    return f"MCALIB\t{flag}\t/cal\t{calib.name}\t{calib.category}\t{calib.dt!r}\t{match}"


@given(
    st.lists(RAWS, min_size=1, max_size=3, unique_by=lambda raw: raw.dp_id),
    st.lists(CALIBS, max_size=4),
    NAMES,
    st.dates(date(1000, 1, 1)),
)
def test_what_was_written_is_read_back(raws, calibs, name, day):
    lines = [f"RAWFILE\t/raw/{raw.dp_id}.fits\t{raw.tag}" for raw in raws]
    ab = parse(least(*lines, *map(line, calibs), RAWFILE=None, AB_NAME=name, DATE=day.isoformat()), "x.ab")
    assert (ab.raws, ab.mcalibs, ab.name, ab.date) == (tuple(raws), tuple(calibs), name, day)


def test_the_same_raw_file_twice_is_refused():
    with pytest.raises(BadAB, match="two RAWFILE lines name the same file"):
        parse(least("RAWFILE x.fits SCI_POINT_BLUE", RAWFILE="y/x.fits SCI_POINT_BLUE"), "x.ab")
