"""When processing may start."""

import re
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processing.core.schedule import Window, read_window

MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
WINDOWS = st.builds(Window, st.times(), st.times())


def at(text):
    return datetime.fromisoformat(f"2012-05-09T{text}+00:00")


@pytest.mark.parametrize(
    ("window", "now", "is_open"),
    [
        ("18:00-06:00", "18:00", True),
        ("18:00-06:00", "17:59:59.999999", False),
        ("18:00-06:00", "23:59:59.999999", True),
        ("18:00-06:00", "00:00", True),
        ("18:00-06:00", "05:59:59.999999", True),
        ("18:00-06:00", "06:00", False),
        ("08:00-09:30", "08:00", True),
        ("08:00-09:30", "09:30", False),
        ("20:00-24:00", "23:59:59", True),
        ("20:00-24:00", "00:00", False),
        ("00:00-24:00", "12:00", True),
        ("07:00-07:00", "03:00", True),
    ],
)
def test_a_window_holds_its_opening_and_not_its_closing(window, now, is_open):
    assert read_window(window).is_open(at(now)) is is_open


@pytest.mark.parametrize(
    ("window", "now", "opens"),
    [
        ("18:00-06:00", "12:00", "2012-05-09T18:00+00:00"),
        ("18:00-06:00", "03:00", "2012-05-09T03:00+00:00"),
        ("08:00-09:30", "09:30", "2012-05-10T08:00+00:00"),
        ("08:00-09:30", "07:59", "2012-05-09T08:00+00:00"),
        ("00:00-24:00", "09:30", "2012-05-09T09:30+00:00"),
    ],
)
def test_the_next_opening_is_now_or_the_coming_one(window, now, opens):
    assert read_window(window).next_opening(at(now)) == datetime.fromisoformat(opens)


@given(WINDOWS, MOMENTS)
def test_at_its_next_opening_a_window_is_open_and_it_was_not_before(window, now):
    opening = window.next_opening(now)
    assert window.is_open(opening)
    assert now <= opening < now + timedelta(days=1)
    assert opening == now or not window.is_open(opening - timedelta(microseconds=1))


@given(st.times().map(lambda t: t.replace(second=0, microsecond=0)), st.times())
def test_a_window_is_read_as_it_is_written(opens, closes):
    closes = closes.replace(second=0, microsecond=0)
    assert read_window(f"{opens:%H:%M}-{closes:%H:%M}") == Window(opens, closes)


NO_WINDOWS = """
18-06 | 18:00 | 24:00-06:00 | 18:00-24:30 | 18:00-25:00 | 18:60-19:00 | 6:00-7:00 | 18:00 - 06:00
18:00-06:00Z | -1:00-06:00 | 18:00--06:00 | 18:00-06:00-07:00 | always
"""


@pytest.mark.parametrize("text", ["", "18:00-06:00\n", *re.split(r" \| |\n", NO_WINDOWS.strip())])
def test_what_is_no_window_is_refused_with_the_form_wanted(text):
    with pytest.raises(ValueError, match="is not a window of the form HH:MM-HH:MM"):
        read_window(text)


def test_a_window_says_its_times_in_utc():
    assert str(read_window("18:00-24:00")) == "18:00-00:00 UTC"
    assert str(read_window("00:00-24:00")) == "always open"


def test_a_day_long_window_is_always_open():
    assert read_window("00:00-24:00") == Window(time(), time())
    assert read_window("00:00-24:00").always
