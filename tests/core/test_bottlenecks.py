"""Where the time of a night went."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processing.core.bottlenecks import Cause, Worked, breakdown


def worked(start, end, *, fetch=0.0, recipe=None, ingestion=None):
    seconds = end - start - fetch if recipe is None else recipe
    return Worked(0.0, start, end, start + fetch, seconds, ingestion)


@st.composite
def nights(draw):
    """(jobs, workers): each worker has one job after the other."""
    workers, jobs = draw(st.integers(1, 4)), []
    for _ in range(workers):
        now = draw(st.floats(0, 500))
        for _ in range(draw(st.integers(1, 5))):
            fetch, recipe, scores, pause = (draw(st.floats(0, 100)) for _ in range(4))
            end = now + fetch + recipe + scores
            ingestion = (end, end + pause / 2)
            jobs.append(worked(now, end, fetch=fetch, recipe=recipe, ingestion=ingestion))
            now = end + pause
    return jobs, workers


CLOSED = st.lists(st.tuples(st.floats(0, 800), st.floats(0, 800)), max_size=4)


@given(nights(), CLOSED, CLOSED)
def test_no_second_of_a_worker_is_lost_or_counted_twice(night, closed, preparing):
    jobs, workers = night
    found = breakdown(jobs, workers, closed, preparing)
    end = max(job.ingestion[1] for job in jobs)

    assert sum(found.seconds.values()) == pytest.approx(end * workers, abs=1e-6)
    assert all(seconds >= 0 for seconds in found.seconds.values())


@given(nights(), CLOSED)
def test_the_dominating_cause_took_at_least_as_much_as_any_other(night, closed):
    found = breakdown(night[0], night[1], closed)

    assert found.dominating is None or found.seconds[found.dominating] == max(found.seconds.values())
    assert found.dominating is None or sum(found.shares.values()) == pytest.approx(1)


@given(nights(), CLOSED)
def test_the_efficiency_is_at_most_one(night, closed):
    found = breakdown(night[0], night[1], closed)

    assert found.efficiency is None or 0 <= found.efficiency <= 1 + 1e-9


def test_two_workers_that_never_pause_are_bound_by_cpu():
    found = breakdown([worked(0, 60), worked(60, 100), worked(0, 100)], 2)

    assert found.dominating is Cause.CPU
    assert found.efficiency == 1.0


def test_slow_downloads_are_named():
    assert breakdown([worked(0, 100, fetch=80)], 1).dominating is Cause.DOWNLOAD


def test_jobs_that_wait_for_their_master_calibrations_wait_for_a_download():
    found = breakdown([worked(90, 100)], 1, preparing=[(0, 90)])

    assert found.seconds[Cause.DOWNLOAD] == 90
    assert found.dominating is Cause.DOWNLOAD


def test_a_night_that_began_hours_after_its_jobs_came_waited_for_the_window():
    found = breakdown([worked(500, 600)], 1, closed=[(-100, 500)])

    assert found.seconds[Cause.WINDOW] == 500
    assert found.dominating is Cause.WINDOW
    assert found.efficiency == 1.0


def test_a_recipe_that_runs_beyond_the_window_is_not_time_that_waited():
    found = breakdown([worked(0, 100)], 1, closed=[(50, 200)])

    assert found.seconds[Cause.WINDOW] == 0


def test_time_in_which_calibrations_come_while_the_window_is_closed_counts_once():
    found = breakdown([worked(100, 200)], 1, closed=[(0, 100)], preparing=[(0, 100)])

    assert (found.seconds[Cause.WINDOW], found.seconds[Cause.DOWNLOAD]) == (100, 0)


def test_slow_ingestion_is_named():
    assert breakdown([worked(0, 10, ingestion=(10, 100))], 1).dominating is Cause.INGESTION


def test_slow_scores_are_named():
    assert breakdown([worked(0, 100, recipe=20)], 1).dominating is Cause.CHECKS


def test_one_long_job_at_the_end_leaves_the_others_idle():
    found = breakdown([worked(0, 10), worked(0, 100)], 4)

    assert found.dominating is Cause.IDLE
    assert found.seconds[Cause.IDLE] == pytest.approx(290)
    assert found.efficiency == pytest.approx(110 / 400)


def test_a_job_whose_files_never_came_was_a_download():
    assert breakdown([Worked(0.0, 0.0, 50.0)], 1).seconds[Cause.DOWNLOAD] == 50


def test_a_night_without_jobs_has_no_bottleneck():
    found = breakdown([], 2)

    assert (found.dominating, found.efficiency, dict(found.shares)) == (None, None, {})
