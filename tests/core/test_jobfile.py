"""Job files: what is written into them, and what is read out of them."""

from datetime import date

import pytest

from processing.core.jobfile import MAX_BYTES, Entry, compose, read

DAY = date(2012, 5, 9)


def refused(line: str) -> str:
    lines, (bad,) = read(f"# night\n{line}\nprocessAB -a good.ab\n".encode(), "JOBS")
    assert (lines, bad.file, bad.line) == ({"good.ab": 3}, "JOBS", 2)
    return bad.reason


def test_the_longest_job_comes_first():
    text = compose("UVES", DAY, [Entry("short.ab", 20.0), Entry("long.ab", 900.0), Entry("middle.ab", 60.0)])

    assert list(read(text.encode(), "JOBS")[0]) == ["long.ab", "middle.ab", "short.ab"]


def test_an_ab_that_is_not_executable_is_a_comment_with_its_reason():
    text = compose("UVES", DAY, [Entry("a.ab", 60.0, "VIRTUAL_CALIBRATION: needs a\nprocessAB -a a.ab")])

    assert "# a.ab: VIRTUAL_CALIBRATION: needs a processAB -a a.ab\n" in text
    assert read(text.encode(), "JOBS") == ({}, [])


def test_comments_and_empty_lines_ask_for_nothing():
    text = b"# comment\n\n   \nprocessAB  -a\tUVES.2012-05-10T03:17:42.861.ab  # about 60 s\r\n"

    assert read(text, "JOBS") == ({"UVES.2012-05-10T03:17:42.861.ab": 4}, [])


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", ".hidden", "a/b.ab", "$HOME", "a;b", "x" * 129])
def test_what_cannot_be_a_file_name_is_no_ab(name):
    assert "is not the name of an AB" in refused(f"processAB -a {name}")


@pytest.mark.parametrize(
    "line", ["rm -rf /", "processAB a.ab", "processAB -a a.ab b.ab", "processQC -a a.ab", "\0\xff"]
)
def test_any_other_command_is_a_bad_line(line):
    assert "is not `processAB -a <AB>`" in refused(line)


def test_an_ab_that_stands_there_twice_is_processed_once():
    lines, (bad,) = read(b"processAB -a a.ab\nprocessAB -a a.ab\n", "JOBS")

    assert lines == {"a.ab": 1}
    assert str(bad) == "JOBS:2: a.ab stands in line 1 already"


def test_a_file_that_is_far_too_large_is_not_read():
    lines, (bad,) = read(b"#" * (MAX_BYTES + 1), "JOBS")

    assert lines == {}
    assert str(bad).startswith("JOBS: larger than")
