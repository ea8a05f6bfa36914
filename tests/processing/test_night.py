"""One date from registration to FINISHED, and every way in which its jobs can end."""

import shutil

import pytest
from django.conf import settings

from processing import registry
from processing.core.states import DateState, JobState, Reason
from processing.models import Event, Job, ProcessingDate, Product
from processing.plugins.whole import digest
from processing.workflow import files, finish, sweep
from processing.workflow.ingest import ingest
from processing.workflow.prepare import prepare
from processing.workflow.process import process
from tests import testcam
from tests.processing.conftest import FLUX, files_below, run_night, state


def test_a_good_ab_becomes_an_archived_product_of_a_finished_date(add):
    job = add()
    run_night()

    assert state(job) == (JobState.INGESTED, "")
    product = Product.objects.get()
    assert digest(registry.ingestor().open(f"{product.dp_id}.fits")) == product.sha256
    assert ProcessingDate.objects.get().state == DateState.FINISHED


def test_every_change_of_state_is_an_event_in_order(add):
    add()
    run_night()
    moves = Event.objects.filter(subject="job").order_by("id").values_list("old", "new")

    assert [*moves] == [("", "WAITING"), ("WAITING", "RUNNING"), ("RUNNING", "PROCESSED"), ("PROCESSED", "INGESTED")]


def test_a_finished_date_leaves_only_general_calibrations_and_the_archive(add):
    add(lines=FLUX)
    run_night()

    assert files_below("CAL_DIR") == ["TC_GEXT.fits"]
    assert [name for name in files_below("WORK_DIR") if name.startswith(("TC.", "RED_", "ADP"))] == []
    assert not (settings.PHOENIX["CAL_DIR"] / "2012-05-09").exists()


def test_calibrations_of_a_date_are_fetched_once_for_all_its_abs(add, archive):
    jobs = [add(number) for number in (1, 2, 3)]
    prepare()
    shutil.rmtree(archive / "mcalib")
    run_night()

    assert [state(job)[0] for job in jobs] == [JobState.INGESTED] * 3


@pytest.mark.parametrize("options", [{}, {"exit": 6}, {"s2n": 0.1}, {"sleep": 30, "limit": 0.2}], ids=str)
def test_raw_frames_and_scratch_go_however_the_job_ends(add, options):
    add(**options)
    prepare()
    process()

    assert [name for name in files_below("WORK_DIR") if name.startswith("TC.")] == []
    assert [*(settings.PHOENIX["WORK_DIR"] / "scratch").iterdir()] == []


def test_a_recipe_that_reports_an_error_fails_its_ab_and_the_date_goes_on(add):
    bad, good = add(1, exit=10), add(2)
    run_night()

    assert state(bad) == (JobState.FAILED, Reason.RECIPE_FAILED)
    assert (bad.exit_code, bad.sentence) == (10, "exit code 10")
    assert state(good)[0] == JobState.INGESTED
    assert ProcessingDate.objects.get().state == DateState.FINISHED


def test_a_recipe_beyond_its_time_limit_is_ended(add):
    job = add(sleep=30, limit=0.3)
    run_night()

    assert state(job) == (JobState.TIMED_OUT, Reason.TIME_LIMIT)
    assert job.seconds < 5


def test_the_log_is_kept_to_its_last_line_however_the_recipe_ended(add):
    job = add(sleep=30, limit=0.5)
    run_night()

    assert job.log_text.text == f"recipe of {job.block.name}\n"
    assert "test_recipe" not in job.log_text.text


@pytest.mark.parametrize("s2n", ["0.99", "nan", "-inf"])
def test_noise_fails_although_the_recipe_exited_with_0(add, s2n):
    job = add(s2n=s2n)
    run_night()

    assert state(job) == (JobState.FAILED, Reason.NO_SIGNAL)
    assert job.exit_code == 0
    assert Product.objects.count() == 0


def test_a_poor_spectrum_is_flagged_and_archived(add):
    job = add(s2n=1.5)
    run_night()

    assert state(job)[0] == JobState.INGESTED
    assert job.processing_flags == 1


def test_scores_are_stored_with_their_thresholds(add):
    job = add()
    run_night()
    bits = {score.name: (score.value, score.high, score.flag) for score in job.scores.filter(kind="ASSOCIATION")}

    assert bits == {"dt_bias": (6.5, 5.0, 1), "time_match": (1.0, 0.0, 1), "complete": (0.0, 0.0, 0)}
    job.refresh_from_db()
    assert (job.association_flags, job.processing_flags) == (2, 0)


def test_a_value_that_is_no_number_is_stored_as_null_with_a_mark(add):
    job = add()
    run_night()
    parameter = job.qc1.get(name="qc_nan")

    assert (parameter.value, parameter.not_finite) == (None, True)


def test_a_raw_frame_that_is_not_in_the_archive_fails_its_ab(add, archive):
    job = add()
    shutil.rmtree(archive / "raw")
    (archive / "raw").mkdir()
    run_night()

    assert state(job) == (JobState.FAILED, Reason.RAW_MISSING)
    assert testcam.starts() == []


def test_an_ab_whose_master_calibration_is_not_in_the_archive_is_rejected_alone(add):
    bad = add(1, lines=("MCALIB\tREAL\tx\tTC_ABSENT.fits\tMASTER_RESPONSE_ONE", FLUX[1]))
    good = add(2)
    run_night()

    assert state(bad) == (JobState.REJECTED, Reason.MISSING_CALIBRATION)
    assert "TC_ABSENT.fits" in bad.sentence
    assert state(good)[0] == JobState.INGESTED


def test_a_date_without_executable_ab_finishes_too(add):
    add(lines=("MCALIB\tVIRTUAL\tx\tTC_MFLT.fits\tMASTER_FLAT_ONE",))
    run_night()

    assert ProcessingDate.objects.get().state == DateState.FINISHED


def test_an_ab_that_came_late_gets_its_calibrations_all_the_same(add):
    add(1)
    prepare()
    late = add(2, lines=FLUX)
    run_night()

    assert state(late)[0] == JobState.INGESTED


def test_a_late_ab_whose_master_calibration_is_missing_is_rejected_untried(add):
    add(1)
    prepare()
    late = add(2, lines=("MCALIB\tREAL\tx\tTC_ABSENT.fits\tMASTER_RESPONSE_ONE", FLUX[1]))
    run_night()

    assert state(late) == (JobState.REJECTED, Reason.MISSING_CALIBRATION)
    assert late.block.name not in testcam.starts()


def test_a_bug_after_the_recipe_keeps_the_recipes_log(add, monkeypatch):
    job = add()
    prepare()
    monkeypatch.delattr(testcam.Testcam, "measure")
    process()

    assert state(job) == (JobState.FAILED, Reason.UNEXPECTED)
    assert job.log_text.text.startswith("recipe of")
    assert "AttributeError" in job.log_text.text


def test_a_date_whose_worker_died_while_finishing_is_finished_by_the_next(add, monkeypatch):
    add()
    prepare(), process(), ingest()

    def dies(date: ProcessingDate) -> int:
        files.remove([files.products_of(date)])
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(finish, "clean", dies)
        with pytest.raises(KeyboardInterrupt):
            finish.finish()
    assert ProcessingDate.objects.get().state == DateState.FINISHING

    assert sweep.sweep()["finish"] == 1
    finish.finish()
    assert ProcessingDate.objects.get().state == DateState.FINISHED


def test_a_date_that_was_opened_again_keeps_its_products_from_a_late_finisher(add, monkeypatch):
    add(1)
    prepare(), process(), ingest()
    clean = finish.clean

    def late(date: ProcessingDate) -> int:
        monkeypatch.setattr(finish, "clean", clean)
        finish.finish()
        add(2)
        sweep.sweep()
        prepare(), process()
        return clean(date)

    monkeypatch.setattr(finish, "clean", late)
    finish.finish()
    run_night()

    assert {job.state for job in Job.objects.all()} == {JobState.INGESTED}
