"""Logs of any size, and of programs that were ended in the middle of a line."""

import resource

from processing.plugins import logs


def test_a_log_that_is_not_there_is_empty(tmp_path):
    assert logs.read(tmp_path / "log") == ""


def test_a_log_that_ends_in_the_middle_of_a_line_and_of_a_character_is_read_to_there(tmp_path):
    (tmp_path / "log").write_bytes("one\nhalf a lin\u00e9".encode()[:-1])

    assert logs.read(tmp_path / "log") == "one\nhalf a lin\ufffd"


def test_a_log_at_the_limit_is_whole(tmp_path):
    (tmp_path / "log").write_text("x" * logs.LIMIT)

    assert logs.read(tmp_path / "log") == "x" * logs.LIMIT


def test_a_log_beyond_the_limit_keeps_both_ends_and_says_how_much_is_left_out(tmp_path):
    (tmp_path / "log").write_text("first\n" + "x" * logs.LIMIT + "\nlast")
    kept = logs.read(tmp_path / "log")

    assert kept.startswith("first\n")
    assert kept.endswith("\nlast")
    assert "\n[… 11 bytes …]\n" in kept


def test_a_log_of_a_gigabyte_takes_no_more_memory_than_a_small_one(tmp_path):
    log = tmp_path / "log"
    with log.open("wb") as stream:
        stream.write(b"first\n")
        stream.seek(2**30)
        stream.write(b"last line\nhalf")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    kept = logs.read(log)

    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # kB
    assert len(kept) < logs.LIMIT + 100
    assert (kept[:6], kept[-14:]) == ("first\n", "last line\nhalf")


def test_the_last_words_are_the_end_of_the_log(tmp_path):
    (tmp_path / "log").write_text("x" * 10_000 + "failed to allocate")

    assert logs.tail(tmp_path / "log").endswith("xfailed to allocate")
    assert len(logs.tail(tmp_path / "log")) == logs.LAST_WORDS


def test_a_program_that_said_nothing_has_no_last_words(tmp_path):
    (tmp_path / "log").touch()

    assert logs.tail(tmp_path / "log") == ""
