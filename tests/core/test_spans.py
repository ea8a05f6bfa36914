"""Spans of time."""

from processing.core import spans
from processing.core.spans import Blocked


def test_spans_that_touch_are_one():
    assert spans.union([(5, 9), (0, 3), (3, 4), (7, 12)]) == [(0, 4), (5, 12)]


def test_a_span_that_ends_before_it_begins_is_none():
    assert spans.union([(5, 5), (7, 6)]) == []


def test_time_in_two_spans_counts_once():
    assert spans.total([(0, 10), (5, 15), (20, 21)]) == 16


def test_a_job_that_begins_when_another_ends_needs_no_second_worker():
    assert spans.peak([(0, 10), (10, 20)]) == 1
    assert spans.peak([(0, 11), (10, 20), (5, 6)]) == 2
    assert spans.peak([]) == 0


def test_blocked_time_does_not_count():
    blocked = Blocked([(10, 20), (30, 40)])

    assert blocked.free(0, 50) == 30
    assert blocked.free(15, 35) == 10
    assert blocked.free(12, 18) == 0
    assert blocked.free(50, 60) == 10


def test_what_is_outside_of_blocked_time_is_left():
    blocked = Blocked([(10, 20), (30, 40)])

    assert blocked.outside([(5, 35), (50, 51)]) == [(5, 10), (20, 30), (50, 51)]
    assert blocked.outside([(12, 18)]) == []
    assert Blocked(()).outside([(1, 2)]) == [(1, 2)]
