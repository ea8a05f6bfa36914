"""Master calibrations that dates share: fetched once, whole, never confused, and by one process at a time."""

import os
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from processing.core.states import JobState
from processing.models import ProcessingDate
from processing.workflow import files, shared, unused
from processing.workflow.prepare import prepare
from tests.processing.campaigning import begun, night, of, run_campaign
from tests.processing.conftest import run_night, state
from tests.processing.counting import BIAS, FIRST, SECOND, cal, copies, count


def test_a_master_that_two_dates_use_is_fetched_once_and_has_its_place_in_both(two, counting, settings):
    first, second = (cal(settings, day, BIAS) for day in (FIRST, SECOND))

    assert counting.fetched() == [BIAS]
    assert first.samefile(second)
    assert first.read_bytes() == (counting.root / "mcalib" / BIAS).read_bytes()


def test_a_night_of_two_dates_ends_as_before_with_a_fetch_for_each_file(two, counting, settings):
    run_night()

    assert [state(job)[0] for job in two] == [JobState.INGESTED] * 2
    assert counting.fetched() == [BIAS]
    assert copies(settings) == []


def test_the_dates_of_a_campaign_fetch_each_master_once(add, counting, settings):
    jobs = [night(add, number, number) for number in range(5)]
    before = len(counting.fetched())
    row = begun()
    run_campaign()

    assert len(of(row).filter(state=JobState.INGESTED)) == len(jobs)
    assert (before, len(counting.fetched()) - before) == (5, 1)
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
        assert holder.stdout
        assert holder.stdout.readline() == b"mine\n"
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
