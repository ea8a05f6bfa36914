"""The pictures of times."""

import datetime

import pytest

from monitor.pages import timing_plots
from monitor.timing import PHASES, Night


def night(day, predicted, actual):
    nothing = dict.fromkeys(PHASES, 0.0)
    return Night(datetime.date(2012, 5, day), 1, 1, predicted, actual, None, nothing, nothing)


@pytest.mark.parametrize(
    ("longest", "unit"), [(3, "s"), (180, "s"), (181, "min"), (3 * 3600, "min"), (3 * 3600 + 1, "h")]
)
def test_an_axis_has_the_unit_that_keeps_its_numbers_small(longest, unit):
    assert timing_plots.unit_of(longest)[1] == unit


def test_a_night_that_was_not_measured_has_no_bar():
    drawn = timing_plots.makespans([night(1, 100.0, 110.0), night(2, None, None)])

    assert "2012-05-01: predicted 100 s" in drawn
    assert "2012-05-02: " not in drawn


def test_nights_without_any_time_have_no_picture():
    assert timing_plots.makespans([night(1, None, None)]) == ""
    assert timing_plots.stacks([night(1, None, None)], ("queue",), "queue", 100) == ""


def test_dates_of_many_nights_do_not_overlap():
    nights = [night(day, 100.0, 110.0) for day in range(1, 32)]

    assert timing_plots.makespans(nights).count('text-anchor="middle">2012-05') <= timing_plots.MOST_LABELS
