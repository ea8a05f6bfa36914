"""The rules that never break, each tried by somebody who wants to break it."""

import threading
from collections import Counter

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django_q.models import OrmQ

from processing.core.states import CampaignState, CertificateState, DateState, JobState, Reason
from processing.models import Campaign, Certificate, Event, Instrument, Job, ProcessingDate
from processing.workflow import sweep
from processing.workflow.prepare import prepare
from processing.workflow.process import process
from processing.workflow.worker import owner
from tests import testcam
from tests.processing.conftest import run_night, state


def claim() -> Job:
    job = Job.objects.claim(owner(), Instrument.objects.all().open_at(timezone.now()))
    assert job
    return job


def test_an_ab_has_one_job_in_a_campaign(add):
    job = add()
    with pytest.raises(IntegrityError), transaction.atomic():
        Job.objects.create(block=job.block, campaign=job.campaign, date=job.date)


def test_a_second_delivery_of_a_wake_up_finds_nothing_to_do(add):
    job = add()
    prepare()
    assert [process(), process(), process()] == [True, False, False]

    assert testcam.starts() == [job.block.name]


def test_a_process_is_started_once_even_by_the_claimant_itself(add):
    add()
    prepare()
    job = claim()

    assert [job.start(), job.start()] == [True, False]


def test_a_started_job_cannot_be_given_back(add):
    add()
    prepare()
    job = claim()
    job.start()

    assert not job.give_back("trouble")
    assert state(job)[0] == JobState.RUNNING


def test_who_lost_the_claim_can_neither_start_nor_end_the_job(add):
    add()
    prepare()
    mine = claim()
    Job.objects.filter(pk=mine.pk).update(token=None)

    assert not mine.start()
    assert not mine.end(JobState.FAILED, Reason.UNEXPECTED, "")


def test_nothing_starts_outside_the_window(add, settings):
    job = add()
    prepare()
    hour = (timezone.now().hour + 2) % 24
    Instrument.objects.update(window=f"{hour:02d}:00-{(hour + 1) % 24:02d}:00")

    assert not process()
    assert state(job) == (JobState.WAITING, "")


@pytest.mark.parametrize("now", [CertificateState.SUSPENDED, CertificateState.WITHDRAWN])
def test_nothing_starts_whose_certificate_is_no_longer_valid(add, now):
    add()
    prepare()
    Certificate.objects.update(state=now)

    assert not process()


def test_nothing_starts_while_the_campaign_is_paused(add):
    add()
    prepare()
    Campaign.objects.update(state=CampaignState.PAUSED)

    assert not process()


def test_the_highest_priority_and_then_the_longest_job_goes_first(add):
    short, long, urgent = (add(number) for number in (1, 2, 3))
    prepare()
    Job.objects.filter(pk=long.pk).update(expected_seconds=500)
    Job.objects.filter(pk=urgent.pk).update(priority=1)

    assert [claim(), claim(), claim()] == [urgent, long, short]


def test_wiping_the_queue_loses_nothing(add):
    job = add()
    OrmQ.objects.all().delete()
    found = sweep.sweep()
    run_night()

    assert found["prepare"] == 1
    assert state(job)[0] == JobState.INGESTED


def test_a_job_that_came_while_its_date_was_closing_is_taken_up_by_the_sweep(add):
    job = add()
    ProcessingDate.objects.update(state=DateState.FINISHED)
    sweep.sweep()
    run_night()

    assert state(job)[0] == JobState.INGESTED


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_under_a_storm_of_deliveries_every_job_runs_once_and_every_date_ends_once(add):
    for number in range(24):
        add(number, date=f"2012-05-{1 + number // 4:02d}", exit=1)
    while prepare():
        pass
    threads = [threading.Thread(target=deliveries, args=(12,)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Counter(testcam.starts()).most_common(1)[0][1] == 1
    assert Job.objects.filter(state=JobState.FAILED, reason=Reason.RECIPE_FAILED).count() == 24
    closings = Event.objects.filter(subject="date", new=DateState.FINISHING)
    assert Counter(closings.values_list("name", flat=True)) == dict.fromkeys(map(str, ProcessingDate.objects.all()), 1)


def deliveries(number: int) -> None:
    try:
        for _ in range(number):
            process()
    finally:
        connection.close()
