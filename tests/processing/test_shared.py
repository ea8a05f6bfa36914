"""Master calibrations that dates share: fetched once, there as long as a date needs them, and gone after that."""

import os
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path

import pytest
from django.utils import timezone

from processing import registry
from processing.core.states import DateState, JobState
from processing.models import Job, ProcessingDate
from processing.workflow import files, finish, shared, unused
from processing.workflow.prepare import prepare
from processing.workflow.reap import tidy
from tests.processing.campaigning import begun, night, of, run_campaign
from tests.processing.conftest import FLUX, run_night, state

FIRST, SECOND, THIRD = "2012-05-09", "2012-05-10", "2012-05-11"
BIAS = "TC_MBIA.fits"
HOUR = 3600.0


@pytest.fixture
def counting(archive, settings, tmp_path):
    """The archive, which counts from now on."""
    return count(settings, archive, tmp_path / "notes")


def count(settings, root, notes, **options):
    options = {"root": root, "notes": notes, **options}
    entry = {"BACKEND": "tests.processing.counting.CountingArchive", "OPTIONS": options}
    settings.PHOENIX = {**settings.PHOENIX, "ARCHIVE": entry}
    registry.archive.cache_clear()
    return registry.archive()


def ahead(settings, gigabytes):
    settings.PHOENIX = {**settings.PHOENIX, "HOST": {**settings.PHOENIX["HOST"], "CAL_AHEAD": gigabytes}}


def cal(settings, *parts):
    return settings.PHOENIX["CAL_DIR"].joinpath(*parts)


def copies(settings):
    """The names of which there is a copy, as often as there is one."""
    return sorted(path.parent.name for path in cal(settings, "shared").glob("*/*.*"))


def close(day):
    """What the end of a date does."""
    finish.clean(ProcessingDate.objects.get(date=day))


def end(job, day):
    """End a date's only job, and the date."""
    job.end(JobState.REJECTED, "", "")
    close(day)


@pytest.fixture
def two(add, counting):
    """Two dates that are prepared, with a job each that uses the same master calibration."""
    jobs = [add(1, date=FIRST), add(2, date=SECOND)]
    while prepare():
        pass
    return jobs


def test_a_master_that_two_dates_use_is_fetched_once_and_has_its_place_in_both(two, counting, settings):
    first, second = (cal(settings, day, BIAS) for day in (FIRST, SECOND))

    assert counting.fetched() == [BIAS]
    assert first.samefile(second)
    assert first.read_bytes() == (counting.root / "mcalib" / BIAS).read_bytes()


def test_the_end_of_a_date_leaves_the_master_to_the_other(two, counting, settings):
    end(two[0], FIRST)

    assert not cal(settings, FIRST).exists()
    assert cal(settings, SECOND, BIAS).exists()
    assert copies(settings) == [BIAS]


def test_with_the_last_date_the_copy_goes_too(two, settings):
    end(two[0], FIRST)
    end(two[1], SECOND)

    assert [path.name for path in cal(settings).rglob("*")] == ["shared"]


def test_a_night_of_two_dates_ends_as_before_with_a_fetch_for_each_file(two, counting, settings):
    run_night()

    assert [state(job)[0] for job in two] == [JobState.INGESTED] * 2
    assert counting.fetched() == [BIAS]
    assert copies(settings) == []


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


def test_on_a_disk_that_is_nearly_full_nothing_stays_for_the_next(add, counting, settings):
    first, _ = add(1, date=FIRST), add(2, date=SECOND)
    prepare()
    settings.PHOENIX = {**settings.PHOENIX, "DISK_LIMIT": 1e9}
    end(first, FIRST)

    assert copies(settings) == []


def test_the_dates_of_a_campaign_fetch_each_master_once(add, counting, settings):
    jobs = [night(add, number, number) for number in range(5)]
    before = len(counting.fetched())
    row = begun()
    run_campaign()

    assert len(of(row).filter(state=JobState.INGESTED)) == len(jobs)
    assert (before, len(counting.fetched()) - before) == (5, 1)
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


def test_a_calibration_that_was_made_anew_is_another_one(add, counting, settings):
    add(1, date=FIRST), add(2, date=SECOND)
    prepare()
    old = cal(settings, FIRST, BIAS).read_bytes()
    (counting.root / "mcalib" / BIAS).write_bytes(b"made anew")
    prepare()

    assert cal(settings, FIRST, BIAS).read_bytes() == old
    assert cal(settings, SECOND, BIAS).read_bytes() == b"made anew"
    assert copies(settings) == [BIAS, BIAS]


def test_of_two_versions_only_the_newer_stays_for_the_next_date(add, counting, settings):
    first, second, _ = add(1, date=FIRST), add(2, date=SECOND), add(3, date=THIRD)
    prepare()
    (counting.root / "mcalib" / BIAS).write_bytes(b"made anew")
    prepare()
    end(first, FIRST)
    end(second, SECOND)

    assert [path.read_bytes() for path in cal(settings, "shared").glob("*/*.*")] == [b"made anew"]


def test_a_master_that_left_the_archive_is_missing_although_a_copy_is_here(add, counting, settings):
    _, second = add(1, date=FIRST), add(2, date=SECOND)
    prepare()
    (counting.root / "mcalib" / BIAS).unlink()
    prepare()

    assert state(second) == (JobState.REJECTED, "MISSING_CALIBRATION")


@pytest.mark.parametrize("spoil", [lambda text: text[:100], lambda text: b"\0" + text[1:]], ids=["short", "altered"])
def test_a_damaged_copy_is_not_used_again(add, counting, settings, spoil):
    add(1, date=FIRST), add(2, date=SECOND)
    prepare()
    copy = cal(settings, FIRST, BIAS)
    whole = copy.read_bytes()
    copy.chmod(0o644)
    copy.write_bytes(spoil(whole))
    prepare()

    assert counting.fetched() == [BIAS, BIAS]
    assert cal(settings, SECOND, BIAS).read_bytes() == whole


def test_a_recipe_cannot_write_into_what_dates_share(two, settings):
    assert cal(settings, FIRST, BIAS).stat().st_mode & 0o222 == 0


def test_two_hosts_have_their_own_copies(two, counting, settings, tmp_path):
    settings.PHOENIX = {**settings.PHOENIX, "CAL_DIR": tmp_path / "other"}
    there = files.bring(ProcessingDate.objects.get(date=FIRST), (BIAS, "", False))

    assert there == tmp_path / "other" / FIRST / BIAS
    assert counting.fetched() == [BIAS, BIAS]
    assert there.stat().st_nlink == 2


@pytest.mark.parametrize("same", [True, False], ids=["one date", "many dates"])
def test_processes_that_bring_the_same_file_at_once_fetch_it_once(archive, settings, tmp_path, same):
    counting = count(settings, archive, tmp_path / "notes", seconds=0.3)
    targets = [cal(settings, FIRST if same else f"2012-06-{number + 1:02d}", BIAS) for number in range(8)]
    with ProcessPoolExecutor(4, mp_context=get_context("fork")) as workers:
        brought = list(workers.map(shared.bring, [BIAS] * 8, targets))

    assert brought == targets
    assert len({path.stat().st_ino for path in brought}) == 1
    assert counting.fetched() == [BIAS]


def test_a_process_that_dies_with_the_lock_keeps_nobody_waiting(archive, settings):
    program = "import sys, time; from pathlib import Path; from processing.workflow import shared\n"
    program += "with shared.alone(Path(sys.argv[1])): print('mine', flush=True); time.sleep(60)"
    folder = cal(settings, "shared", BIAS)
    with subprocess.Popen([sys.executable, "-c", program, folder], stdout=subprocess.PIPE) as holder:
        assert holder.stdout and holder.stdout.readline() == b"mine\n"
        with pytest.raises(BlockingIOError), shared.alone(folder, wait=False):
            pass
        holder.kill()

    assert shared.bring(BIAS, cal(settings, FIRST, BIAS)).exists()


def test_a_lock_that_was_deleted_while_one_waited_is_made_anew(archive, settings):
    folder = cal(settings, "shared", BIAS)
    with ProcessPoolExecutor(1, mp_context=get_context("fork")) as other:
        other.submit(os.getpid).result(20)  # forked before there is a lock that it could inherit
        with shared.alone(folder):
            later = other.submit(shared.bring, BIAS, cal(settings, FIRST, BIAS))
            time.sleep(0.3)
            (folder / "lock").unlink()
            folder.rmdir()
        assert later.result(20).stat().st_nlink == 2
    assert (folder / "lock").exists()


def test_a_file_system_without_links_gives_each_date_its_own(archive, counting, settings, caplog):
    elsewhere = Path("/dev/shm")  # noqa: S108 - another file system
    if not os.access(elsewhere, os.W_OK) or elsewhere.stat().st_dev == archive.stat().st_dev:
        pytest.skip("there is no other file system here")
    elsewhere /= f"phoenix-{os.getpid()}"
    elsewhere.mkdir()
    cal(settings).mkdir(parents=True)
    cal(settings, "shared").symlink_to(elsewhere)
    try:
        brought = [shared.bring(BIAS, cal(settings, day, BIAS)) for day in (FIRST, SECOND)]
        unused.drop()
        assert list(elsewhere.iterdir()) == []
    finally:
        subprocess.run(["rm", "-r", elsewhere], check=True)

    assert len({path.stat().st_ino for path in brought}) == 2
    assert "dates cannot share" in caplog.text
    assert counting.fetched() == [BIAS, BIAS]


def test_an_archive_that_tells_no_version_is_asked_for_each_date(add, counting, monkeypatch):
    monkeypatch.setattr(type(counting), "version", lambda *_: "")
    add(1, date=FIRST), add(2, date=SECOND)
    while prepare():
        pass

    assert counting.fetched() == [BIAS, BIAS]


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
