"""When a campaign will be done."""

import random
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processing.core.eta import Course, Done, Left, done, eta, left, open_seconds, opened
from processing.core.schedule import Window

BEGUN = datetime(2012, 5, 9, 20, tzinfo=UTC)
ALWAYS, NIGHT = Window(time(0), time(0)), Window(time(20), time(6))
HOUR = timedelta(hours=1)
SECONDS = st.floats(1, 1e5)
PAIRS = st.lists(st.tuples(SECONDS, SECONDS), max_size=30)
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
WINDOWS = st.builds(Window, st.times(), st.times())


def course(hours=1.0, *, window=ALWAYS, workers=2):
    return Course(BEGUN, BEGUN + hours * HOUR, window, workers)


def test_before_anything_is_done_the_prediction_is_taken_at_its_word():
    found = eta(Done(), left([3600.0] * 10), Course(BEGUN, BEGUN, ALWAYS, 2))

    assert found.at == BEGUN + 5 * HOUR
    assert found.earliest < found.at < found.latest
    assert (found.progress, found.per_hour, found.factor) == (0.0, 0.0, 1.0)


def test_jobs_that_take_twice_what_was_predicted_double_the_time_that_is_left():
    found = eta(done([(60.0, 120.0)] * 600), left([60.0] * 300), course(10))

    assert found.factor == pytest.approx(2, rel=0.01)
    assert found.at - course(10).now == pytest.approx(5 * HOUR, rel=0.03)


def test_a_campaign_that_had_half_of_the_workers_is_expected_to_have_half_of_them():
    found = eta(done([(60.0, 60.0)] * 600), left([60.0] * 600), course(10, workers=2))

    assert found.busy == pytest.approx(1, rel=0.06)
    assert found.at - course(10).now == pytest.approx(10 * HOUR, rel=0.06)


def test_closed_hours_are_counted_in():
    now = datetime(2012, 5, 10, 5, tzinfo=UTC)
    found = eta(done([(3600.0, 3600.0)] * 9), left([3600.0] * 2), Course(BEGUN, now, NIGHT, 1))

    assert found.at == datetime(2012, 5, 10, 21, tzinfo=UTC)


def test_the_last_job_alone_takes_as_long_as_it_takes():
    found = eta(Done(), left([7200.0]), Course(BEGUN, BEGUN, ALWAYS, 16))

    assert found.at == BEGUN + 2 * HOUR


def test_what_running_jobs_have_done_is_not_left():
    half = eta(Done(), left([7200.0], elapsed=3600.0), course(1, workers=1))

    assert half.at == course(1).now + HOUR


def test_progress_is_in_predicted_work_and_the_rate_in_jobs_per_open_hour():
    found = eta(done([(100.0, 90.0)] * 30), left([300.0] * 30), course(24, window=NIGHT))

    assert found.progress == 0.25
    assert found.per_hour == 3.0


def test_a_campaign_with_nothing_left_is_done_now():
    found = eta(done([(60.0, 60.0)]), Left(), course(1))

    assert (found.at, found.earliest, found.latest, found.progress) == (course(1).now,) * 3 + (1.0,)


@given(PAIRS, st.lists(SECONDS, max_size=30), st.floats(0, 1e4), st.integers(1, 64), WINDOWS)
def test_an_end_is_not_before_now_and_lies_between_the_earliest_and_the_latest(pairs, rest, hours, workers, window):
    now = BEGUN + timedelta(hours=hours)
    found = eta(done(pairs), left(rest), Course(BEGUN, now, window, workers))

    assert now <= found.earliest <= found.at <= found.latest
    assert 0 <= found.progress <= 1
    assert 0 < found.busy <= workers


@given(PAIRS, st.lists(SECONDS, min_size=1, max_size=30), SECONDS, WINDOWS)
def test_more_work_never_ends_earlier(pairs, rest, more, window):
    now = course(1, window=window)
    finished = done(pairs)
    before, after = eta(finished, left(rest), now), eta(finished, left([*rest, more]), now)

    assert after.progress <= before.progress
    assert after.at >= before.at or after.factor < before.factor


@pytest.mark.parametrize("number", [5, 500])
def test_four_of_five_campaigns_end_between_the_earliest_and_the_latest(number):
    chance, inside = random.Random(7), 0  # noqa: S311 - the same each time
    for _ in range(300):
        pairs = [(60.0, 60.0 * chance.lognormvariate(0, 0.5)) for _ in range(number)]
        rest = [60.0 * chance.lognormvariate(0, 0.5) for _ in range(400)]
        now = BEGUN + timedelta(seconds=sum(actual for _, actual in pairs))
        found = eta(done(pairs), left([60.0] * 400), Course(BEGUN, now, ALWAYS, 1))
        inside += found.earliest <= now + timedelta(seconds=sum(rest)) <= found.latest

    assert 0.72 <= inside / 300 <= 1.0


@given(WINDOWS, MOMENTS, st.floats(0, 3e6))
def test_a_window_that_was_open_so_long_was_open_so_long(window, start, seconds):
    assert open_seconds(window, start, opened(window, start, seconds)) == pytest.approx(seconds, abs=1e-3)


@given(WINDOWS, MOMENTS)
def test_a_day_has_one_window(window, start):
    length = 86400.0 if window.always else open_seconds(window, start, window.closing_after(start))

    assert open_seconds(window, start, start + timedelta(days=1)) <= 86400
    assert open_seconds(window, start, start) == 0
    assert length <= 86400


def test_work_for_thousands_of_years_ends_with_the_calendar():
    assert opened(NIGHT, BEGUN, 1e18).year > 4000
    assert opened(ALWAYS, BEGUN, 1e18).year > 4000
