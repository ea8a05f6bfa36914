"""Campaigns: what they take up, how they come to their dates, and how they end."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from processing import control
from processing.core.states import CampaignKind, CampaignState, DateState, JobState, Reason
from processing.models import Campaign, Certificate, Event, Instrument, Job, ProcessingDate
from processing.workflow.finish import finish
from processing.workflow.prepare import prepare
from processing.workflow.process import process
from processing.workflow.rebind import rebind
from processing.workflow.steer import drop, steer
from processing.workflow.sweep import sweep
from processing.workflow.waiting import why_waiting
from tests.processing.conftest import ab_text, run_night, state

FIRST = date(2012, 5, 9)


def plan(**more):
    values = {
        "name": "again",
        "kind": CampaignKind.AGAIN,
        "instruments": ["TESTCAM"],
        "first": FIRST,
        "last": FIRST + timedelta(days=30),
    }
    return control.plan_campaign(values | more)


def begun(**more):
    """A campaign that runs."""
    row = control.create_campaign(plan(**more), "anna")
    control.fill_campaign(row)
    return row


def night(add, number, days=0):
    """An AB of a date that was processed."""
    job = add(number, date=(FIRST + timedelta(days=days)).isoformat())
    run_night()
    return job


def of(campaign):
    return Job.objects.filter(campaign=campaign).order_by("id")


def run_campaign():
    """What sweeps and messages do until nothing is left."""
    while steer() or any([prepare(), process(), finish()]):
        run_night()
        sweep()


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
    assert found.disk() > 0
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
    assert (event.old, event.new, event.who) == ("WAITING", "SKIPPED", "anna")
    assert Event.objects.filter(subject="campaign", new="CANCELLED", who="anna", why="a wrong mode").exists()


def test_what_runs_when_its_campaign_is_cancelled_may_end(add):
    night(add, 1)
    row = begun()
    prepare()
    job = Job.objects.claim("host:boot:1:1", list(Instrument.objects.all()))
    control.cancel_campaign(row, "anna", "")

    assert drop(row) == 0
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


def test_a_rate_lets_no_more_jobs_start_in_an_hour(add):
    for number in range(3):
        night(add, number)
    row = begun(per_hour=2)
    while prepare():
        pass
    claims = [Job.objects.claim("host:boot:1:1", list(Instrument.objects.all())) for _ in range(3)]

    assert [bool(job) for job in claims] == [True, True, False]
    Job.objects.filter(campaign=row, state=JobState.RUNNING).update(claimed=timezone.now() - timedelta(hours=2))
    assert Job.objects.claim("host:boot:1:1", list(Instrument.objects.all()))


def test_a_campaign_starts_nothing_outside_a_window_of_its_own(add):
    night(add, 1)
    now = timezone.now()
    begun(window=f"{now + timedelta(hours=2):%H:%M}-{now + timedelta(hours=3):%H:%M}")
    prepare()

    assert Job.objects.claim("host:boot:1:1", list(Instrument.objects.all())) is None
    Campaign.objects.update(window=f"{now - timedelta(hours=2):%H:%M}-{now + timedelta(hours=3):%H:%M}")
    assert Job.objects.claim("host:boot:1:1", list(Instrument.objects.all()))


def test_an_instrument_runs_no_more_jobs_at_once_than_its_limit(add):
    add(1), add(2)
    Instrument.objects.update(most_jobs=1)
    prepare()
    first, second = (Job.objects.claim("host:boot:1:1", list(Instrument.objects.all())) for _ in range(2))

    assert first
    assert second is None


def test_the_certificate_that_a_campaign_has_chosen_is_not_replaced(add, certified):
    night(add, 1)
    row = begun(certificate=f"{certified.name}:{certified.version}")
    newer = Certificate(instrument="TESTCAM", name=certified.name, version=99, position=1, state="CERTIFIED")
    newer.content, newer.recipe = certified.content, certified.recipe
    newer.save()
    rebind()

    assert of(row).get().certificate == certified


def test_a_campaign_takes_the_modes_that_it_names_and_no_others(add, certified):
    night(add, 1)

    with pytest.raises(control.BadPlan, match="modes: not known: NONE"):
        plan(modes=["NONE"])
    assert control.preview_campaign(plan(modes=[certified.name])).run == 1
    Certificate(instrument="TESTCAM", name="NAMED", version=1, position=9, content=certified.content).save()
    found = control.preview_campaign(plan(modes=["NAMED"]))
    assert (found.run, found.outside) == (0, 1)


def test_a_tree_of_files_registers_its_abs_for_the_campaign_alone(certified, archive, tmp_path):
    folder = tmp_path / "abs" / "2012-05-09"
    folder.mkdir(parents=True)
    (folder / "1.ab").write_text(ab_text(1))
    (folder / "2.ab").write_text("nonsense")
    (archive / "raw" / "TC.2012-05-10T00:00:01.000.fits").write_bytes(b"raw")
    asked = {"source": "TREE", "names": [folder.parent], "kind": CampaignKind.BACK}
    found = control.preview_campaign(plan(**asked))

    assert (found.run, len(found.unreadable)) == (1, 1)
    assert not Instrument.objects.exists()
    row = begun(**asked)
    run_campaign()
    assert state(Job.objects.get()) == (JobState.INGESTED, "")
    assert row.fresh().missing[0] == ["TESTCAM", "2012-05-10", "2012-06-08"]


def test_a_list_names_its_abs_and_an_unknown_name_is_refused(add):
    one = night(add, 1)
    night(add, 2)

    assert control.preview_campaign(plan(source="LIST", names=[one.block.name])).run == 1
    with pytest.raises(control.BadPlan, match=r"names: not known: nobody\.ab"):
        plan(source="LIST", names=["nobody"])


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("name", {"name": ""}),
        ("name", {"name": "day-to-day"}),
        ("kind", {"kind": "DAY_TO_DAY"}),
        ("instruments", {"instruments": []}),
        ("instruments", {"instruments": ["UVES\0"]}),
        ("last", {"last": date(2011, 1, 1)}),
        ("window", {"window": "25:00-26:00"}),
        ("priority", {"priority": 101}),
        ("per_hour", {"per_hour": 0}),
        ("certificate", {"certificate": "x"}),
        ("certificate", {"certificate": "NONE:1"}),
    ],
)
def test_a_plan_that_cannot_be_meant_says_which_field_is_wrong(add, field, values):
    add()
    with pytest.raises(control.BadPlan) as found:
        plan(**values)

    assert field in found.value.faults


def test_a_resume_after_a_stop_skips_no_job_of_a_campaign(add):
    night(add, 1)
    row = begun()
    stop = control.stop("TESTCAM", "a test", "anna")
    type(stop).objects.update(at=datetime(2012, 1, 1, tzinfo=UTC))
    stop.refresh_from_db()
    control.resume(stop, "anna")

    assert state(of(row).get()) == (JobState.WAITING, "")
