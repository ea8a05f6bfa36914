"""What is written down of an attempt, and where its files stand."""

import uuid
from pathlib import Path

import pytest
from django.utils import timezone

from processing.core.scoring import Measurement, Rule, Score
from processing.models import Job, JobLog, Qc1Parameter
from processing.models import Score as ScoreRow
from processing.workflow import files, process, record


def test_a_log_that_fits_is_kept_as_it_is():
    assert record.shortened("one\ntwo\n") == "one\ntwo\n"


def test_a_very_long_log_keeps_both_of_its_ends():
    text = "first\n" + "x" * record.LOG_LIMIT + "\nlast"
    kept = record.shortened(text)

    assert kept.startswith("first\n")
    assert kept.endswith("\nlast")
    assert "[… 11 characters …]" in kept


def test_a_log_with_nul_bytes_can_be_stored():
    assert record.shortened("a\0b") == "ab"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), None])
def test_a_score_of_no_number_is_stored_without_a_value(add, value):
    row = ScoreRow.of(add(), ScoreRow.Kind.PROCESSING, Score(Rule("s2n", "qc_s2n", low=3.0), 0, "ONE", value, 1))

    assert (row.value, row.flag, row.low) == (None, 1, 3.0)


def test_a_finite_parameter_is_stored_with_its_unit(add):
    row = Qc1Parameter.of(add(), Measurement("qc_fwhm", "ONE", 2.5, "pixel"))

    assert (row.value, row.not_finite, row.unit) == (2.5, False, "pixel")


def test_master_calibrations_stand_under_their_date_and_general_ones_beside(add, settings):
    date = add().date
    root = settings.PHOENIX["CAL_DIR"]

    assert files.place(date, ("M.fits", "MASTER_BIAS_ONE", False)) == root / "2012-05-09" / "M.fits"
    assert files.place(date, ("G.fits", "EXTCOEFF_TABLE", True)) == root / "gen" / "G.fits"


def test_an_attempt_has_a_scratch_directory_named_by_its_token(add, settings):
    job = add()
    job.token = uuid.uuid4()

    assert files.scratch(job) == settings.PHOENIX["WORK_DIR"] / "scratch" / str(job.token)


def test_removing_what_is_not_there_is_no_error(tmp_path):
    files.remove([tmp_path / "absent"])


def started(job):
    """A job whose recipe runs, with its scratch directory."""
    job.token = uuid.uuid4()
    Job.objects.filter(pk=job.pk).update(
        token=job.token, state="RUNNING", started=timezone.now(), claimed=timezone.now()
    )
    job.refresh_from_db()
    files.scratch(job).mkdir(parents=True)
    return job


def kept(job):
    return "".join(JobLog.objects.filter(job=job).values_list("text", flat=True))


def test_the_log_of_a_running_recipe_can_be_read_with_every_beat(add):
    job = started(add())
    assert process.beat(job)
    assert kept(job) == ""

    (files.scratch(job) / "log").write_text("one\n")
    assert process.beat(job)
    assert kept(job) == "one\n"


def test_a_log_that_cannot_be_read_costs_no_lease(add, monkeypatch):
    job = started(add())
    monkeypatch.setattr(Path, "exists", lambda _path: True)

    assert process.beat(job)


def test_what_is_read_late_does_not_replace_the_whole_log(add):
    job = started(add())
    Job.objects.filter(pk=job.pk).update(exit_code=0)
    JobLog.objects.create(job=job, text="one\ntwo\n")
    record.growing_log(job, "one\n")

    assert kept(job) == "one\ntwo\n"
