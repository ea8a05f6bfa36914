"""Every WAITING job says what it waits for."""

from datetime import timedelta

from django.utils import timezone

from processing.control import why_waiting
from processing.models import Campaign, Certificate, Instrument, Job, ProcessingDate
from processing.workflow.prepare import prepare
from tests.processing.conftest import run_night


def why() -> str:
    """The sentence of the only job."""
    return why_waiting(Job.objects.select_related("campaign", "certificate", "date__instrument").get())


def test_a_job_whose_date_is_not_prepared(add):
    add()
    assert why() == "Waiting because TESTCAM 2012-05-09 is REGISTERED: its calibrations are not here yet."


def test_a_job_of_a_held_date(add):
    add()
    ProcessingDate.objects.update(state="HELD", reason="the archive is away")
    assert why() == "Waiting because TESTCAM 2012-05-09 is held: the archive is away."


def test_a_job_outside_the_window(add):
    add()
    prepare()
    hour = (timezone.now().hour + 2) % 24
    Instrument.objects.update(window=f"{hour:02d}:00-{(hour + 1) % 24:02d}:00")
    assert f"it opens at {timezone.now() + timedelta(hours=2):%Y-%m-%d %H}:00 UTC" in why()


def test_a_job_of_a_paused_campaign(add):
    add()
    Campaign.objects.update(state="PAUSED")
    assert why() == "Waiting because the campaign day-to-day is PAUSED."


def test_a_job_whose_certificate_was_suspended(add):
    add()
    Certificate.objects.update(state="SUSPENDED")
    assert why() == "Waiting because the certificate TESTCAM ANY version 1 is SUSPENDED."


def test_a_job_that_nothing_keeps(add):
    add()
    prepare()
    assert why() == "Waiting for its turn."


def test_a_job_that_does_not_wait_has_no_sentence(add):
    add()
    run_night()
    assert why() == ""
