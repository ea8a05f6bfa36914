"""Waiting jobs follow their certificate; what has started stays with the version that it started under."""

import pytest

from processing import control
from processing.core.states import DateState, JobState, Reason
from processing.models import Certificate, Event, Job, ProcessingDate
from processing.workflow.rebind import rebind
from processing.workflow.sweep import sweep
from tests import testcam
from tests.processing.conftest import run_night, state


def next_version(**changes):
    """Another version of the test instrument's certificate, in force."""
    row = control.draft({**testcam.CERTIFICATE, **changes}, "eva").row
    return control.certify(row, "carl", "read"), row


def test_a_waiting_job_is_processed_under_the_version_that_replaces_its_own(add):
    job = add()
    number, new = next_version(seconds=30.0)
    job.refresh_from_db()

    assert (number, job.certificate, job.state) == (1, new, JobState.WAITING)
    event = Event.objects.filter(subject="job").latest("id")
    assert (event.old, event.new) == ("WAITING", "WAITING")
    assert event.why == "under TESTCAM ANY version 2 instead of TESTCAM ANY version 1"


def test_its_association_is_scored_by_the_new_thresholds(add):
    job = add()
    before = job.scores.get(name="dt_bias").flag
    next_version(association=[{"name": "dt_bias", "category": "MASTER_BIAS", "max_days": 9.0}])
    job.refresh_from_db()

    assert (before, job.scores.get(name="dt_bias").flag) == (1, 0)
    assert job.association_flags == sum(score.flag or 0 for score in job.scores.all())


def test_a_job_that_is_not_executable_under_the_new_version_is_rejected_with_the_reason(add):
    job = add()
    next_version(required=["MASTER_BIAS", "MASTER_FLAT"])

    assert state(job) == (JobState.REJECTED, Reason.MISSING_CALIBRATION)
    assert job.certificate.version == 1


def test_a_date_whose_last_job_is_rejected_so_is_closed(add):
    add()
    ProcessingDate.objects.update(state=DateState.PROCESSING)
    next_version(required=["MASTER_BIAS", "MASTER_FLAT"])

    assert ProcessingDate.objects.get().state == DateState.FINISHING


@pytest.mark.parametrize("started", [JobState.RUNNING, JobState.INGESTED])
def test_what_has_started_names_the_version_that_it_started_under_for_ever(add, started):
    job = add()
    Job.objects.filter(pk=job.pk).update(state=started)
    number, _ = next_version(required=["MASTER_BIAS", "MASTER_FLAT"])
    job.refresh_from_db()

    assert (number, job.certificate.version, job.state) == (0, 1, started)


def test_jobs_of_a_suspended_version_wait_and_say_so_until_it_is_replaced(add, worker):
    job = add()
    control.suspend(job.certificate, "carl", "wrong limits")
    assert rebind() == 0
    assert control.why_waiting(job.__class__.objects.get(pk=job.pk)).endswith("version 1 is SUSPENDED.")

    next_version(seconds=30.0)
    run_night()
    assert state(job)[0] == JobState.INGESTED
    assert job.products.get().job.certificate.version == 2


def test_jobs_of_a_withdrawn_version_are_rejected_since_nothing_will_ever_process_them(add):
    job = add()

    assert control.withdraw(job.certificate, "carl", "the recipe is gone") == 1
    assert state(job) == (JobState.REJECTED, Reason.NOT_CERTIFIED)
    assert "TESTCAM ANY version 1 is WITHDRAWN" in job.sentence


def test_a_draft_moves_no_job(add):
    job = add()
    control.draft({**testcam.CERTIFICATE, "seconds": 30.0}, "eva")

    assert rebind() == 0
    assert job.fresh().certificate.version == 1


def test_the_sweep_takes_along_a_job_that_was_given_back_after_the_change(add):
    job = add()
    Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING)
    next_version(seconds=30.0)
    Job.objects.filter(pk=job.pk).update(state=JobState.WAITING)

    assert (sweep()["rebound"], sweep()["rebound"]) == (1, 0)
    assert job.fresh().certificate.version == 2


def test_other_certificates_of_the_instrument_keep_their_jobs(add):
    job = add()
    Certificate.objects.load([testcam.CERTIFICATE | {"name": "OTHER", "mode": {"tech": "IMAGE"}}])
    row = control.draft({**testcam.CERTIFICATE, "name": "OTHER", "mode": {"tech": "IMAGE"}, "seconds": 9.0}, "eva").row

    assert control.certify(row, "carl", "read") == 0
    assert job.fresh().certificate.name == "ANY"


def test_an_ab_that_cannot_be_read_any_more_is_rejected_and_says_why(add, monkeypatch):
    job = add()
    job.block.__class__.objects.update(text="nonsense")
    next_version(seconds=30.0)

    assert state(job) == (JobState.REJECTED, Reason.NOT_CERTIFIED)
    assert "cannot be read" in job.sentence
