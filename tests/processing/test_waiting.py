"""Every WAITING job says what it waits for."""

from datetime import timedelta

import pytest
from django.utils import timezone

from processing import control
from processing.control import why_waiting
from processing.core.errors import Halt
from processing.models import Campaign, Certificate, Instrument, Job, ProcessingDate, Worker
from processing.workflow.hold import hold
from processing.workflow.prepare import prepare
from tests.processing.conftest import run_night

pytestmark = pytest.mark.usefixtures("worker")


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
    assert why() == "Waiting for its turn: it is next."


def test_a_job_behind_others_says_how_many_are_ahead(add):
    jobs = [add(number) for number in (1, 2, 3)]
    prepare()
    Job.objects.filter(pk=jobs[2].pk).update(priority=1)

    assert [control.why_waiting(job.fresh()) for job in jobs] == [
        "Waiting because 1 job is ahead of it.",
        "Waiting because 2 jobs are ahead of it.",
        "Waiting for its turn: it is next.",
    ]


def test_jobs_that_cannot_start_are_not_ahead(add):
    held, job = add(1, date="2012-05-08"), add(2)
    prepare(), prepare()
    ProcessingDate.objects.filter(pk=held.date_id).update(state="REGISTERED")

    assert control.why_waiting(job.fresh()) == "Waiting for its turn: it is next."


def test_a_job_that_nobody_can_take(add):
    add()
    Worker.objects.update(seen=timezone.now() - timedelta(minutes=2))
    assert why().startswith("Waiting because no worker is alive")


def test_a_job_of_a_held_instrument(add):
    job = add()
    hold(job.date, Halt("the archive is away"))
    assert why().startswith("Waiting because TESTCAM is held since ")
    assert why().endswith("UTC: the archive is away.")


def test_a_job_that_does_not_wait_has_no_sentence(add):
    add()
    run_night()
    assert why() == ""
