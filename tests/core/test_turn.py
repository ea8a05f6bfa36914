"""Whose turn it is."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from math import inf

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from processing.core.schedule import Window
from processing.core.turn import Closing, Waiting, closing, in_turn, next_job, turn

NIGHT = date(2012, 5, 9)
SECONDS = st.floats(1, 1e5)
JOBS = st.lists(
    st.builds(
        Waiting,
        st.integers(),
        st.dates(date(2012, 5, 1), date(2012, 5, 4)),
        st.sampled_from([30.0, 60.0, 900.0]),
        SECONDS,
        st.integers(-1, 1),
        st.booleans(),
    ),
    max_size=12,
    unique_by=lambda job: job.id,
)
CLOSINGS = st.builds(lambda left, more: Closing(left, left + more), st.floats(0, 5e4), st.floats(0, 5e4))
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def job(number=1, seconds=60.0, **more):
    return Waiting(number, more.pop("day", NIGHT), seconds, more.pop("late", seconds), **more)


@given(JOBS)
def test_no_job_of_a_campaign_goes_before_one_of_the_day_to_day_stream(jobs):
    assert all(not (first.background and not second.background) for first, second in pairwise(in_turn(jobs)))


@given(JOBS)
def test_within_a_stream_the_higher_priority_goes_first(jobs):
    for first, second in pairwise(in_turn(jobs)):
        assert first.background != second.background or first.priority >= second.priority


@given(JOBS)
def test_within_a_priority_the_oldest_date_goes_first_and_within_a_date_the_longest_job(jobs):
    for first, second in pairwise(in_turn(jobs)):
        if (first.background, first.priority) == (second.background, second.priority):
            assert (first.day, -first.seconds) <= (second.day, -second.seconds)


def test_a_campaign_may_take_the_newest_date_first():
    old, new = (job(number, day=date(2012, 5, number), newest_first=True) for number in (1, 2))

    assert in_turn([old, new]) == [new, old]
    assert turn(NIGHT, newest_first=True) < turn(NIGHT - timedelta(days=1), newest_first=True)


def test_of_equal_jobs_the_one_that_came_first_goes_first():
    assert in_turn([job(2), job(1)]) == [job(1), job(2)]


@given(JOBS, CLOSINGS)
def test_no_job_starts_that_would_not_be_done_in_time(jobs, remaining):
    found = next_job(in_turn(jobs), remaining)

    assert found is None or found.late <= remaining.left or found.late > remaining.length


@given(JOBS, CLOSINGS)
def test_no_worker_idles_while_a_job_would_be_done_in_time(jobs, remaining):
    assume(remaining.left > 0)
    done = [one for one in jobs if one.late <= remaining.left]

    assert (next_job(in_turn(jobs), remaining) is not None) >= bool(done)


@given(JOBS, CLOSINGS)
def test_the_job_that_starts_is_the_first_in_turn_of_those_that_fit(jobs, remaining):
    found = next_job(in_turn(jobs), remaining)
    before = in_turn(jobs)[: in_turn(jobs).index(found)] if found else []

    assert not any(remaining.holds(one.late) for one in before)


@given(JOBS, CLOSINGS)
def test_where_overrunning_is_allowed_no_worker_idles_in_an_open_window(jobs, remaining):
    assume(remaining.left > 0)
    found = next_job(in_turn(jobs), remaining, overrun=True)

    assert (found is not None) == bool(jobs)
    assert next_job(in_turn(jobs), remaining) in (found, None)


@given(JOBS)
def test_nothing_starts_in_a_closed_window(jobs):
    assert next_job(in_turn(jobs), Closing(0.0, 3600.0), overrun=True) is None


@given(JOBS)
def test_in_a_window_that_never_closes_everything_fits(jobs):
    assert next_job(in_turn(jobs), Closing()) == (in_turn(jobs)[0] if jobs else None)


@given(SECONDS, st.floats(1, 86400))
def test_no_job_waits_for_ever_however_long_it_is(late, length):
    assert next_job([job(late=late)], Closing(length, length)) is not None


def test_a_job_that_no_window_holds_starts_in_the_first_half_of_one():
    endless = job(late=7201.0)

    assert next_job([endless], Closing(1800.0, 3600.0)) == endless
    assert next_job([endless], Closing(1799.0, 3600.0)) is None


@given(st.builds(Window, st.times(), st.times()), MOMENTS)
def test_what_is_left_of_a_window_ends_when_it_closes(window, now):
    remaining = closing(window, now)
    if window.always:
        assert remaining == Closing(inf, inf)
    elif window.is_open(now):
        assert window.closing_after(now) == now + timedelta(seconds=remaining.left)
        assert 0 < remaining.left <= remaining.length
    else:
        assert remaining.left == 0


@pytest.mark.parametrize(("opens", "closes", "hours"), [(20, 6, 10), (8, 9, 1)])
def test_the_length_of_a_window(opens, closes, hours):
    assert closing(Window(time(opens), time(closes)), datetime(2012, 5, 9, 12, tzinfo=UTC)).length == hours * 3600
