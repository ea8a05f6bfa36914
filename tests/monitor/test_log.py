"""A log as it is shown."""

import time

import pytest

from monitor.pages import log
from tests.monitor import rows


def test_every_line_has_its_number_as_an_address():
    shown = log.view("one\ntwo")

    assert shown.lines == 2
    assert shown.html == '<a id="L1" href="#L1">1</a>one\n<a id="L2" href="#L2">2</a>two'


def test_the_first_error_is_found():
    shown = log.view("12:00:00 [ INFO  ] no ERRORS\n12:00:01 [ ERROR ] broken\n12:00:02 [ ERROR ] again")

    assert shown.first_error == 2
    assert shown.first_error_text == "12:00:01 [ ERROR ] broken"
    assert shown.html.count("error first") == 1


def test_a_traceback_counts_as_an_error():
    assert log.view('Traceback (most recent call last):\n  File "x"\nKeyError: 1').first_error == 1


def test_a_log_without_an_error_has_no_first_one():
    assert log.view("12:00:00 [WARNING] careful").first_error is None


def test_warnings_are_marked():
    assert '<b class="warning">12:00:00 [WARNING] careful</b>' in log.view("12:00:00 [WARNING] careful").html


def test_markup_in_a_log_is_text():
    assert "<i>" not in log.view("<i>&").html


def test_terminal_colours_are_left_out():
    assert log.view("\x1b[1;31mred\x1b[0m\x07").html.endswith("</a>red")


def test_an_empty_log_has_no_lines():
    assert log.view("").lines == 0


def test_the_longest_log_is_shown_in_a_fraction_of_a_second():
    text = "03:17:42 [ INFO  ] uves_obs_scired: [tid=000] Extract order 97 <of> REDL\n" * 7000
    started = time.process_time()
    log.view(text)

    assert time.process_time() - started < 0.5


def test_a_log_can_be_shown_from_a_line_on_with_the_numbers_that_it_has():
    shown = log.view("one\ntwo\nthree", start=3)

    assert shown.html == '<a id="L3" href="#L3">3</a>three'
    assert shown.lines == 3


def test_the_first_error_stays_the_first_of_the_whole_log():
    shown = log.view("[ ERROR ] a\n[ ERROR ] b", start=2)

    assert shown.first_error == 1
    assert "error first" not in shown.html


def test_a_growing_log_is_asked_for_by_line(viewer, db):
    row = rows.attempted(rows.job(), log="one\ntwo <b>")

    answer = viewer.get(f"/abs/{row.block.name}/log/?from_line=2")
    assert answer.content.decode() == '<a id="L2" href="#L2">2</a>two &lt;b&gt;'
    assert viewer.get(f"/abs/{row.block.name}/log/?from_line=3").status_code == 204


def test_the_log_of_another_campaign_is_its_own(viewer, db):
    row = rows.attempted(rows.job(), log="the first")
    rows.again(row)

    assert viewer.get(f"/abs/{row.block.name}/log/").status_code == 204
    assert b"the first" in viewer.get(f"/abs/{row.block.name}/log/?campaign=day-to-day").content


@pytest.mark.parametrize("query", ["from_line=0", "from_line=x", "from_line=-1", "from_line=99999999", "campaign=%00"])
def test_a_line_that_is_none_is_not_found(viewer, db, query):
    row = rows.attempted(rows.job())

    assert viewer.get(f"/abs/{row.block.name}/log/?{query}").status_code == 404


def test_the_log_of_no_ab_is_not_found(viewer, db):
    assert viewer.get("/abs/UVES.none/log/").status_code == 404


def test_strangers_do_not_see_a_log(anonymous, db):
    assert anonymous.get("/abs/UVES.none/log/").status_code == 302


def test_the_api_gives_a_log_from_a_line_on(viewer, db):
    row = rows.attempted(rows.job(), log="one\ntwo\nthree")
    address = f"/api/v1/abs/{row.block.name}/log/"

    assert viewer.get(f"{address}?from_line=2").content == b"two\nthree"
    assert viewer.get(address).content == viewer.get(f"{address}?from_line=1").content == b"one\ntwo\nthree"
    assert viewer.get(f"{address}?from_line=4").content == b""
    assert viewer.get(f"{address}?from_line=x").status_code == 400
