"""What the address of a page asks for."""

from datetime import date

import pytest
from django.http import Http404
from django.test import RequestFactory

from monitor.pages import asked


def request(**given):
    return RequestFactory().get("/", given)


def test_what_was_not_given_is_empty():
    assert asked.text(request(), "setup") == asked.word(request(), "sort", ("ab",)) == ""
    assert asked.day(request(), "from") is None


def test_a_day_is_read_in_one_form_only():
    assert asked.day(request(day="2012-05-09"), "day") == date(2012, 5, 9)
    for strange in ("20120509", "2012-W19-3", "2012-5-9", "2012-02-30"):
        with pytest.raises(Http404, match="no date of the form YYYY-MM-DD"):
            asked.day(request(day=strange), "day")


def test_a_word_is_one_of_a_closed_list():
    assert asked.word(request(sort="ab"), "sort", ("ab", "setup")) == "ab"
    with pytest.raises(Http404, match="is not one of ab, setup"):
        asked.word(request(sort="colour"), "sort", ("ab", "setup"))


@pytest.mark.parametrize("strange", ["x" * 65, "a\0b", "a\nb"])
def test_a_text_is_short_and_can_be_printed(strange):
    with pytest.raises(Http404):
        asked.text(request(setup=strange), "setup")


def test_a_range_does_not_end_before_it_begins():
    asked.order(date(2012, 5, 9), date(2012, 5, 9))
    with pytest.raises(Http404, match="is after"):
        asked.order(date(2012, 5, 10), date(2012, 5, 9))
