"""Axes of days and times."""

import datetime

import pytest

from monitor.days import day_of, mjd_of
from monitor.pages.axes import Axis

MIDNIGHT = datetime.datetime(2012, 5, 10, tzinfo=datetime.UTC).timestamp()


def clock(start, end, about=6):
    return [label for _, label in Axis(MIDNIGHT + start, MIDNIGHT + end, 0, 100).clock_ticks(about)]


def days(first, last, about=6):
    low, high = (mjd_of(datetime.date.fromisoformat(day)) for day in (first, last))
    return [label for _, label in Axis(low, high, 0, 100).day_ticks(about)]


def test_a_modified_julian_date_and_its_day_fit():
    assert mjd_of(datetime.date(2000, 1, 1)) == 51544
    assert day_of(51544.5) == datetime.datetime(2000, 1, 1, 12, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("start", "end", "labels"),
    [
        (-3700, 3700, ["23:00", "23:30", "05-10", "00:30", "01:00"]),
        (60, 85, ["00:01:00", "00:01:05", "00:01:10", "00:01:15", "00:01:20", "00:01:25"]),
        (-86400, 3 * 86400, ["05-09", "05-10", "05-11", "05-12", "05-13"]),
    ],
)
def test_a_clock_has_round_times_and_names_the_day_at_midnight(start, end, labels):
    assert clock(start, end) == labels


@pytest.mark.parametrize(
    ("first", "last", "labels"),
    [
        ("2012-05-08", "2012-05-11", ["2012-05-08", "2012-05-09", "2012-05-10", "2012-05-11"]),
        ("2012-01-15", "2012-06-20", ["2012-02", "2012-03", "2012-04", "2012-05", "2012-06"]),
        ("2000-05-01", "2012-05-01", ["2002", "2004", "2006", "2008", "2010", "2012"]),
    ],
)
def test_days_months_and_years_begin_where_they_begin(first, last, labels):
    assert days(first, last) == labels


def test_a_value_beyond_the_axis_is_drawn_at_its_edge():
    assert Axis(0, 10, 100, 0).at(99) == 0
    assert Axis(0, 10, 100, 0).at(-1) == 100
