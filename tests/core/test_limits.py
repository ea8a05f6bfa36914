"""What else a job needs to start."""

from math import inf

from hypothesis import given
from hypothesis import strategies as st

from processing.core.limits import HOUR, Guard, Host, Load, Need, Taken, disturbed, next_start, places, room, waits

NEEDS = st.builds(Need, st.integers(1, 8), st.floats(0, 32))
HOSTS = st.builds(Host, st.integers(1, 16), st.floats(1, 64))
QUIET = Load(per_core=0.1, free_memory=64.0)


@given(HOSTS, st.lists(NEEDS, max_size=12))
def test_jobs_never_take_more_cores_or_memory_than_a_host_has(host, needs):
    running: list[Need] = []
    for need in needs:
        if room(host, running, need):
            running.append(need)

    if len(running) > 1:
        assert sum(need.cores for need in running) <= host.cores
        assert sum(need.memory for need in running) <= host.memory


@given(HOSTS, NEEDS)
def test_on_an_empty_host_any_job_starts_so_that_none_waits_for_ever(host, need):
    assert room(host, [], need)


def test_a_host_with_room_takes_another_job():
    assert room(Host(4, 16.0), [Need(2, 8.0)], Need(2, 8.0))
    assert not room(Host(4, 16.0), [Need(2, 8.0)], Need(3, 1.0))
    assert not room(Host(4, 16.0), [Need(2, 8.0)], Need(1, 8.5))


@given(st.integers(0, 9), st.integers(0, 20))
def test_an_instrument_never_has_more_jobs_than_its_limit(limit, wanted):
    running = 0
    for _ in range(wanted):
        running += places(limit, running)

    assert running == min(limit, wanted)


def test_without_a_limit_there_is_always_a_place():
    assert places(None, 10_000)


def test_outside_the_window_nothing_starts_unless_the_site_allows_it():
    assert disturbed(Guard(), QUIET, Need(), 0) == "0 of at most 0 run outside the window"
    assert not disturbed(Guard(jobs=1), QUIET, Need(), 0)


def test_outside_the_window_a_busy_machine_is_left_alone():
    assert "load is 0.90 per core" in disturbed(Guard(jobs=1), Load(0.9, 64.0), Need(), 0)


def test_outside_the_window_memory_stays_free_for_others():
    guard = Guard(jobs=1, free_memory=4.0)

    assert "6.0 GB of memory are free; 7 GB are needed" in disturbed(guard, Load(0.0, 6.0), Need(memory=3.0), 0)
    assert not disturbed(guard, Load(0.0, 7.0), Need(memory=3.0), 0)


@given(st.integers(1, 20), st.lists(st.floats(0, 600), max_size=80))
def test_in_no_hour_do_more_jobs_start_than_the_cap(cap, pauses):
    starts: list[float] = []
    now = 0.0
    for pause in pauses:
        now = next_start(starts, now + pause, cap)
        starts.append(now)

    for at, first in enumerate(starts[:-cap] if cap < len(starts) else []):
        assert starts[at + cap] >= first + HOUR


@given(st.lists(st.floats(0, 600), max_size=80))
def test_without_a_cap_a_job_starts_at_once(pauses):
    assert next_start(pauses, 1000.0, None) == 1000.0


def test_below_the_cap_a_job_starts_at_once():
    assert next_start([990.0], 1000.0, 2) == 1000.0


def test_a_cap_of_nothing_lets_nothing_start():
    assert next_start([], 0.0, 0) == inf


def test_a_host_has_no_more_jobs_than_it_has_slots():
    assert room(Host(8, jobs=2), [Need()], Need())
    assert not room(Host(8, jobs=2), [Need(), Need()], Need())


RUNNING = st.lists(st.builds(Taken, NEEDS, st.floats(0, 1e4)), max_size=8)


@given(HOSTS, RUNNING, NEEDS)
def test_a_job_fits_when_the_time_it_has_to_wait_is_over_and_not_before(host, running, need):
    span = waits(host, running, need)

    assert room(host, [one.need for one in running if one.left > span], need)
    assert span == 0 or not room(host, [one.need for one in running if one.left >= span], need)
