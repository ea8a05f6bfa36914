"""Copies of master calibrations go with the last date that uses them, unless the next ones need them."""

import os
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from processing.core.states import DateState, JobState
from processing.models import Job, ProcessingDate
from processing.workflow import files, finish, shared, unused
from processing.workflow.prepare import prepare
from processing.workflow.reap import tidy
from tests.processing.campaigning import begun, night
from tests.processing.conftest import FLUX
from tests.processing.counting import BIAS, FIRST, SECOND, THIRD, cal, copies

HOUR = 3600.0


def ahead(settings, gigabytes):
    settings.PHOENIX = {**settings.PHOENIX, "HOST": {**settings.PHOENIX["HOST"], "CAL_AHEAD": gigabytes}}


def close(day):
    """What the end of a date does."""
    finish.clean(ProcessingDate.objects.get(date=day))


def end(job, day):
    """End a date's only job, and the date."""
    job.end(JobState.REJECTED, "", "")
    close(day)


def test_the_end_of_a_date_leaves_the_master_to_the_other(two, counting, settings):
    end(two[0], FIRST)

    assert not cal(settings, FIRST).exists()
    assert cal(settings, SECOND, BIAS).exists()
    assert copies(settings) == [BIAS]


def test_with_the_last_date_the_copy_goes_too(two, settings):
    end(two[0], FIRST)
    end(two[1], SECOND)

    assert [path.name for path in cal(settings).rglob("*")] == ["shared"]


def test_a_date_that_is_registered_only_keeps_what_it_needs_for_it(add, counting, settings):
    first, _ = add(1, date=FIRST), add(2, date=SECOND)
    prepare()
    end(first, FIRST)
    assert copies(settings) == [BIAS]

    prepare()
    assert counting.fetched() == [BIAS]


def test_a_master_that_no_other_date_names_goes_with_its_date(add, counting, settings):
    first, _ = add(1, date=FIRST, lines=FLUX), add(2, date=SECOND)
    prepare()
    end(first, FIRST)

    assert copies(settings) == [BIAS]
    assert cal(settings, "gen", "TC_GEXT.fits").exists()


@pytest.mark.parametrize(("gigabytes", "fetches"), [(1.0, 1), (0.0, 2)])
def test_what_no_open_date_uses_stays_for_the_next_as_far_as_the_setting_allows(
    add, counting, settings, gigabytes, fetches
):
    ahead(settings, gigabytes)
    first, _ = add(1, date=FIRST), add(2, date=SECOND)
    prepare()
    end(first, FIRST)
    prepare()

    assert len(counting.fetched()) == fetches


def test_with_room_for_one_the_copy_stays_that_is_needed_first(add, counting, settings):
    ahead(settings, 1.5 * (counting.root / "mcalib" / BIAS).stat().st_size / unused.GB)
    first, _, _ = add(1, date=FIRST, lines=FLUX), add(2, date=SECOND), add(3, date=THIRD, lines=FLUX)
    prepare()
    end(first, FIRST)

    assert copies(settings) == [BIAS]


def test_on_a_disk_that_is_nearly_full_nothing_stays_for_the_next(add, counting, settings):
    first, _ = add(1, date=FIRST), add(2, date=SECOND)
    prepare()
    settings.PHOENIX = {**settings.PHOENIX, "DISK_LIMIT": 1e9}
    end(first, FIRST)

    assert copies(settings) == []


def test_a_campaign_that_has_not_come_to_a_date_keeps_its_masters_only_while_it_runs(add, counting, settings):
    for number in range(3):
        night(add, number, number)
    row = begun()
    Job.objects.filter(campaign=row).update(due=False)
    cal(settings, THIRD).mkdir()
    files.bring(ProcessingDate.objects.get(date=THIRD), (BIAS, "", False))
    cal(settings, THIRD, BIAS).unlink()
    unused.drop()
    assert copies(settings) == [BIAS]

    row.move("PAUSED", "a test")
    unused.drop()
    assert copies(settings) == []


def test_of_two_versions_only_the_newer_stays_for_the_next_date(add, counting, settings):
    first, second, _ = add(1, date=FIRST), add(2, date=SECOND), add(3, date=THIRD)
    prepare()
    (counting.root / "mcalib" / BIAS).write_bytes(b"made anew")
    prepare()
    end(first, FIRST)
    end(second, SECOND)

    assert [path.read_bytes() for path in cal(settings, "shared").glob("*/*.*")] == [b"made anew"]


def old(settings):
    """As if nobody had looked at the copies for some time."""
    os.utime(cal(settings, "shared"), (time.time() - HOUR,) * 2)


def test_what_a_date_left_on_a_host_that_did_not_end_it_goes_with_the_sweep(two, settings):
    own = cal(settings, FIRST, "of-the-site.fits")
    own.touch()
    ended = {"state": DateState.FINISHED, "finished": timezone.now() - timedelta(hours=2)}
    ProcessingDate.objects.filter(date=FIRST).update(**ended)
    old(settings)
    tidy()

    assert [path.name for path in cal(settings, FIRST).iterdir()] == ["of-the-site.fits"]
    assert cal(settings, SECOND, BIAS).exists()


def test_a_file_of_the_site_stays_although_it_has_the_name_of_a_copy(two, settings):
    own = cal(settings, FIRST, BIAS)
    own.unlink()
    own.write_bytes(b"of the site")
    ended = {"state": DateState.FINISHED, "finished": timezone.now() - timedelta(hours=2)}
    ProcessingDate.objects.filter(date=FIRST).update(**ended)
    old(settings)
    tidy()

    assert own.read_bytes() == b"of the site"


def test_a_date_that_has_ended_just_now_is_left_to_those_who_are_at_it(two, settings):
    ProcessingDate.objects.filter(date=FIRST).update(state=DateState.FINISHED, finished=timezone.now())
    old(settings)
    tidy()

    assert cal(settings, FIRST, BIAS).exists()


def test_what_a_process_left_that_died_before_a_date_had_its_link_goes_with_the_sweep(db, archive, settings):
    shared.bring(BIAS, cal(settings, FIRST, BIAS)).unlink()
    (cal(settings, "shared", "other.fits")).mkdir()
    tidy()
    assert copies(settings) == [BIAS]

    old(settings)
    tidy()
    assert list(cal(settings, "shared").iterdir()) == []


def test_the_sweep_looks_at_the_copies_from_time_to_time_only(two, settings, django_assert_num_queries):
    end(two[0], FIRST)
    old(settings)
    with django_assert_num_queries(1):  # are days over?  Nothing is unused, so nobody is asked for what is next
        unused.tidy()
    with django_assert_num_queries(0):
        unused.tidy()
