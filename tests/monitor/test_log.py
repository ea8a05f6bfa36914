"""A log as it is shown."""

import time

from monitor.pages import log


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
