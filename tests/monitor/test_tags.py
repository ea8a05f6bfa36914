"""Template tags: times, durations, numbers."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from monitor.templatetags import phoenix
from processing.models import Score

NOTHING = "\N{EN DASH}"
MOMENT = datetime(2012, 5, 10, 3, 17, 42, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (None, NOTHING),
        (0, "0.0 s"),
        (-3, "0.0 s"),
        (0.44, "0.4 s"),
        (94.4, "94 s"),
        (725, "12 min 5 s"),
        (3600, "60 min"),
        (11520, "3 h 12 min"),
        (187200, "2 d 4 h"),
    ],
)
def test_a_duration_has_at_most_two_units(seconds, shown):
    assert phoenix.duration(seconds) == shown


def test_a_duration_may_be_a_difference_of_times():
    assert phoenix.until(MOMENT, MOMENT + timedelta(seconds=94)) == "94 s"


@pytest.mark.parametrize(
    ("form", "shown"), [("full", "2012-05-10 03:17:42 UTC"), ("minute", "2012-05-10 03:17"), ("time", "03:17:42")]
)
def test_a_time_is_in_utc_wherever_it_comes_from(form, shown):
    elsewhere = MOMENT.astimezone(timezone(timedelta(hours=-4)))

    assert phoenix.utc(elsewhere, form) == f'<time datetime="2012-05-10T03:17:42Z">{shown}</time>'


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, NOTHING),
        (0.0, "0"),
        (21.4567, "21.46"),
        (41234.5, "41234"),
        (-1.5, "\N{MINUS SIGN}1.5"),
        (0.0001, "0.0001"),
        (3e-6, "3e\N{MINUS SIGN}6"),
    ],
)
def test_a_number_has_four_digits(value, shown):
    assert phoenix.number(value) == shown


@pytest.mark.parametrize(
    ("low", "high", "shown"), [(3, None, "≥ 3"), (None, 1e-4, "≤ 0.0001"), (1, 2, "1 … 2"), (None, None, NOTHING)]
)
def test_thresholds_are_shown_as_what_is_allowed(low, high, shown):
    assert phoenix.allowed(Score(low=low, high=high)) == shown


def test_flags_that_were_not_scored_are_not_none_flagged():
    assert phoenix.flags(None) == NOTHING
    assert phoenix.flags(0) == "0"
    assert "2</span>" in phoenix.flags(2)


def test_days_have_a_sign():
    assert phoenix.days(0.441) == "+0.441"
    assert phoenix.days(-2807.1) == "\N{MINUS SIGN}2807.100"
