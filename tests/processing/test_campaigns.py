"""Campaigns: what they take up, how they come to their dates, and how they end."""

from datetime import date

import pytest

from processing import control
from processing.core.states import CampaignKind, CampaignState, DateState, JobState, Reason
from processing.models import Campaign, Certificate, Event, Instrument, Job, ProcessingDate
from processing.workflow.finish import finish
from processing.workflow.prepare import prepare
from processing.workflow.process import process
from processing.workflow.steer import drop, steer
from processing.workflow.sweep import sweep
from processing.workflow.waiting import why_waiting
from tests.processing.campaigning import begun, night, of, plan, run_campaign
from tests.processing.conftest import state


def test_a_re_processing_is_a_new_attempt_at_each_ab_and_ends_by_itself(add):
    night(add, 1)
    row = begun()
    run_campaign()

    assert state(of(row).get()) == (JobState.INGESTED, "")
    assert row.fresh().state == CampaignState.DONE
    assert of(row).get().ingestions.exists()


def test_a_back_processing_does_nothing_twice_and_says_so(add):
    night(add, 1)
    row = begun(kind=CampaignKind.BACK)

    assert state(of(row).get()) == (JobState.SKIPPED, Reason.PROCESSED_BEFORE)
    assert of(row).get().sentence == "It is INGESTED in day-to-day."
    assert row.fresh().state == CampaignState.DONE


@pytest.mark.parametrize("taken", [False, True])
def test_a_back_processing_takes_up_what_was_skipped_only_on_request(add, taken):
    old = add()
    old.end(JobState.SKIPPED, Reason.BACKLOG, "Its time went by.")
    row = begun(kind=CampaignKind.BACK, take_skipped=taken)
    run_campaign()

    assert state(of(row).get()) == ((JobState.INGESTED, "") if taken else (JobState.SKIPPED, Reason.BACKLOG))


def test_a_preview_says_what_would_be_done_and_does_nothing(add):
    night(add, 1)
    add(2, lines=("MCALIB\tVIRTUAL\tx\ty.fits\tMASTER_FLAT_ONE\t1.0\tOK",), date="2012-05-11")
    found = control.preview_campaign(plan(last=date(2012, 5, 12)))

    assert (found.run, dict(found.left)) == (1, {("REJECTED", "VIRTUAL_CALIBRATION"): 1})
    assert found.seconds > 0
    assert (found.disk() or 0) > 0
    assert found.missing(plan(last=date(2012, 5, 12))) == [
        ["TESTCAM", "2012-05-10", "2012-05-10"],
        ["TESTCAM", "2012-05-12", "2012-05-12"],
    ]
    assert not Campaign.objects.filter(name="again").exists()


def test_an_ab_that_was_not_certified_is_judged_anew(add, certified):
    Certificate.objects.filter(pk=certified.pk).update(state="SUSPENDED")
    job = add()
    assert state(job) == (JobState.REJECTED, Reason.NOT_CERTIFIED)
    Certificate.objects.filter(pk=certified.pk).update(state="CERTIFIED")
    row = begun()
    run_campaign()

    assert state(of(row).get()) == (JobState.INGESTED, "")


def test_few_dates_of_a_campaign_are_open_at_a_time(add):
    for number in range(5):
        night(add, number, days=number)
    row = begun()

    assert of(row).filter(due=True).values("date").distinct().count() == 3
    assert ProcessingDate.objects.filter(state=DateState.FINISHED).count() == 2
    assert prepare()
    assert not of(row).filter(due=False, date__state=DateState.PROCESSING).exists()


@pytest.mark.parametrize(("newest_first", "days"), [(False, [9, 10, 11, 12, 13]), (True, [13, 12, 11, 10, 9])])
def test_a_campaign_goes_through_its_dates_in_its_order(add, newest_first, days):
    for number in range(5):
        night(add, number, days=number)
    row = begun(newest_first=newest_first)
    run_campaign()

    assert [job.date.date.day for job in of(row).order_by("claimed")] == days


def test_a_date_of_the_day_to_day_stream_is_prepared_before_those_of_a_campaign(add):
    night(add, 1)
    begun()
    fresh = add(2, date="2012-06-09")
    prepare()

    assert fresh.date.fresh().state == DateState.PROCESSING


def test_a_job_says_that_its_campaign_has_not_come_to_its_date(add, worker):
    for number in range(4):
        night(add, number, days=number)
    row = begun()

    assert why_waiting(of(row).last()) == (
        "Waiting because the campaign again has not come to its date; it opens a few at a time."
    )


def test_nothing_of_a_campaign_starts_once_it_is_paused_and_its_dates_close(add):
    night(add, 1)
    row = begun()
    prepare()
    assert control.pause_campaign(row, "anna", "the disk is full")

    assert not process()
    sweep()
    finish()
    assert ProcessingDate.objects.get().state == DateState.FINISHED
    assert state(of(row).get()) == (JobState.WAITING, "")


def test_a_campaign_goes_on_after_a_pause(add):
    night(add, 1)
    row = begun()
    control.pause_campaign(row, "anna", "")
    assert control.resume_campaign(row.fresh(), "anna")
    run_campaign()

    assert row.fresh().state == CampaignState.DONE


def test_pause_then_cancel_then_a_new_campaign_leaves_nothing_stranded(add):
    for number in range(4):
        night(add, number, days=number)
    first = begun()
    prepare()
    control.pause_campaign(first, "anna", "")
    control.cancel_campaign(first.fresh(), "anna", "a wrong mode")
    second = begun(name="once more")
    run_campaign()

    assert set(of(first).values_list("state", "reason")) == {(JobState.SKIPPED, Reason.CAMPAIGN_CANCELLED)}
    assert set(of(second).values_list("state", flat=True)) == {JobState.INGESTED}
    assert set(ProcessingDate.objects.values_list("state", flat=True)) == {DateState.FINISHED}


def test_every_job_of_a_cancelled_campaign_has_its_event(add):
    night(add, 1)
    row = begun()
    control.cancel_campaign(row, "anna", "a wrong mode")

    event = Event.objects.filter(subject="job", subject_id=of(row).get().pk).first()
    assert event
    assert (event.old, event.new, event.who) == ("WAITING", "SKIPPED", "anna")
    assert Event.objects.filter(subject="campaign", new="CANCELLED", who="anna", why="a wrong mode").exists()


def test_what_a_large_cancelled_campaign_still_lists_as_waiting_can_be_taken_up_at_once(add, monkeypatch):
    monkeypatch.setattr("processing.workflow.steer.BATCH", 1)
    add(1), add(2)
    Job.objects.update(state=JobState.SKIPPED, reason=Reason.BACKLOG)
    first = begun()
    control.cancel_campaign(first, "anna", "")
    found = control.preview_campaign(plan(name="once more", kind=CampaignKind.BACK, take_skipped=True))

    assert sorted(of(first).values_list("state", flat=True)) == [JobState.SKIPPED, JobState.WAITING]
    assert found.run == 2


def test_one_sweep_ends_so_many_jobs_of_a_cancelled_campaign_and_the_next_goes_on(add, monkeypatch):
    monkeypatch.setattr("processing.workflow.steer.BATCH", 1)
    monkeypatch.setattr("processing.workflow.steer.BATCHES", 2)
    for number in range(4):
        night(add, number)
    row = begun()
    control.cancel_campaign(row, "anna", "")
    left = []
    for _ in range(2):
        steer()
        left.append(of(row).filter(state=JobState.WAITING).count())

    assert left == [1, 0]


def test_what_runs_when_its_campaign_is_cancelled_may_end(add):
    night(add, 1)
    row = begun()
    prepare()
    job = Job.objects.claim("host:boot:1:1", list(Instrument.objects.all()))
    control.cancel_campaign(row, "anna", "")

    assert drop(row) == 0
    assert job
    assert job.fresh().state == JobState.RUNNING


def test_a_campaign_is_filled_again_where_it_was_interrupted(add):
    night(add, 1)
    row = control.create_campaign(plan(), "anna")
    control.fill_campaign(row)
    Campaign.objects.filter(pk=row.pk).update(state=CampaignState.DRAFT)
    control.fill_campaign(row.fresh())

    assert of(row).count() == 1


def test_the_day_to_day_stream_is_not_paused():
    with pytest.raises(ValueError, match="phoenix stop"):
        control.pause_campaign(Campaign(name="x", kind=CampaignKind.DAY_TO_DAY, state="RUNNING"), "anna", "")
