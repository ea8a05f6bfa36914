"""The claim takes jobs in the order of the schedule, and predicts them from those before."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from processing.core.prediction import PRIOR, Kind, predict
from processing.core.states import CampaignState, JobState
from processing.core.turn import Waiting, closing, in_turn, turn
from processing.models import Campaign, Instrument, Job, ProcessingDate, RunTimes
from processing.models.instruments import Open, in_time
from processing.models.leases import from_now
from processing.models.runtimes import learned
from processing.workflow.predict import remember, renew
from processing.workflow.prepare import prepare
from processing.workflow.process import process
from processing.workflow.waiting import why_waiting
from tests.processing.conftest import run_night, state

LENGTHS = st.sampled_from([20.0, 60.0, 600.0, 7200.0])
PLACES = st.tuples(st.booleans(), st.integers(-1, 1), st.integers(-3, 3), LENGTHS, LENGTHS)


def claim(number=1):
    """The next jobs that workers would get."""
    return [Job.objects.claim("host:boot:1:1", list(Instrument.objects.all())) for _ in range(number)]


def predicted(job, seconds, late=None, **more):
    Job.objects.filter(pk=job.pk).update(expected_seconds=seconds, late_seconds=late or seconds, **more)
    return job


def closes_in(seconds, *, length=36000):
    """Give the instrument a window that closes in about so many seconds, to the minute."""
    closes = timezone.now().replace(second=0, microsecond=0) + timedelta(seconds=seconds + 60)
    opens = closes - timedelta(seconds=length)
    Instrument.objects.update(window=f"{opens:%H:%M}-{closes:%H:%M}")


def of_campaign(job, **more):
    """The same AB in a campaign that runs."""
    again, _ = Campaign.objects.get_or_create(name="again", defaults={"state": CampaignState.RUNNING})
    fields = {"block": job.block, "date": job.date, "certificate": job.certificate, "turn": job.turn, **more}
    return Job.objects.create(campaign=again, background=True, **fields)


def test_the_day_to_day_stream_goes_before_a_campaign_whatever_its_priority(add):
    late, soon = add(1), add(2)
    back = of_campaign(late, priority=9, expected_seconds=9000.0)
    prepare()

    assert claim(3)[2] == back
    assert {late, soon} == set(Job.objects.filter(state=JobState.RUNNING).exclude(pk=back.pk))


def test_an_older_date_goes_before_a_longer_job_of_a_newer_one(add):
    newer, older = add(1, date="2012-05-10"), add(2, date="2012-05-09")
    while prepare():
        pass
    predicted(newer, 900.0)

    assert claim(2) == [older, newer]


def test_within_a_date_the_longest_job_goes_first(add):
    short, long = add(1), add(2)
    prepare()
    predicted(long, 900.0)

    assert claim(2) == [long, short]


@pytest.mark.django_db(transaction=True)
@examples(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15, deadline=None)
@given(st.lists(PLACES, min_size=4, max_size=4))
def test_the_database_orders_jobs_as_the_rules_do(add, places):
    if not Job.objects.exists():
        for number in range(4):
            add(number)
    jobs = list(Job.objects.order_by("pk"))
    for job, (background, priority, place, seconds, late) in zip(jobs, places, strict=True):
        predicted(
            job, seconds, late, background=background, priority=priority, turn=date(2012, 5, 9).toordinal() + place
        )
    rules = in_turn(
        Waiting(job.pk, date(2012, 5, 9) + timedelta(days=place), seconds, late, priority, background)
        for job, (background, priority, place, seconds, late) in zip(jobs, places, strict=True)
    )

    assert list(Job.objects.all().in_turn().values_list("pk", flat=True)) == [job.id for job in rules]


MOMENT = datetime(2012, 5, 9, 22, 59, tzinfo=UTC)


@pytest.mark.parametrize("window", ["00:00-24:00", "22:00-23:00", "22:58-23:30", "20:00-06:00"])
@pytest.mark.parametrize("late", [30.0, 61.0, 2000.0, 86000.0])
def test_the_database_and_the_rules_agree_on_what_is_done_in_time(add, window, late):
    predicted(add(), 10.0, late)
    Instrument.objects.update(window=window)
    hours = Instrument.objects.get().hours

    assert Job.objects.filter(in_time([Open.now(Instrument.objects.get(), MOMENT)])).exists() == closing(
        hours, MOMENT
    ).holds(late)


def test_at_the_end_of_a_window_a_shorter_job_goes_before_one_that_would_not_be_done(add):
    long, short = add(1), add(2)
    prepare()
    predicted(long, 3600.0), predicted(short, 30.0)
    closes_in(600)

    assert claim(2) == [short, None]


def test_a_job_that_would_not_be_done_says_so(add, worker):
    job = add()
    prepare()
    predicted(job, 1800.0, 3600.0)
    closes_in(600)
    closes = Instrument.objects.get().hours.closes

    assert why_waiting(Job.objects.get()) == (
        f"Waiting because it may take 60 min, and the window closes at {closes:%H:%M} UTC."
    )


def test_a_site_may_prefer_a_job_that_overruns_the_window_to_an_idle_worker(add, settings):
    settings.PHOENIX = {**settings.PHOENIX, "OVERRUN": True}
    long, short = add(1), add(2)
    prepare()
    predicted(long, 3600.0), predicted(short, 30.0)
    closes_in(600)

    assert claim(2) == [short, long]


def test_a_job_that_is_longer_than_the_window_starts_when_it_is_young(add):
    endless = predicted(add(), 86000.0)
    prepare()
    predicted(endless, 86000.0)
    closes_in(35000)

    assert claim() == [endless]


def test_an_ab_of_a_new_instrument_is_predicted_by_the_prior(add):
    job = add()

    assert job.expected_seconds == pytest.approx(PRIOR.seconds)
    assert job.turn == turn(date(2012, 5, 9))


def test_a_finished_date_teaches_how_long_the_next_will_take(add):
    job = add(1)
    prepare()
    process()
    Job.objects.filter(pk=job.pk).update(started=from_now(timedelta(seconds=-3600)), processed=Now())
    run_night()
    again = add(2, date="2012-05-10")

    assert RunTimes.objects.get().instrument_id == "TESTCAM"
    assert again.expected_seconds > 1.5 * PRIOR.seconds
    assert again.late_seconds > again.expected_seconds


def test_jobs_that_made_nothing_teach_nothing(add):
    add(1, exit=1)
    run_night()

    assert predict(learned("TESTCAM"), Kind("test_recipe")).runs == 0


def test_a_date_is_predicted_anew_when_it_is_prepared(add):
    job, other = add(1), add(2, date="2012-05-08")
    Job.objects.filter(pk=other.pk).update(
        started=from_now(timedelta(seconds=-3600)), processed=Now(), state=JobState.PROCESSED
    )
    ProcessingDate.objects.filter(pk=other.date_id).update(prepared=Now())
    remember("TESTCAM")
    while prepare():
        pass
    state(job)

    assert job.expected_seconds > 1.5 * PRIOR.seconds


def test_to_predict_a_date_costs_the_same_however_many_jobs_it_has(add, django_assert_num_queries):
    for number in range(6):
        date_of = add(number).date
    with django_assert_num_queries(4):
        renew(date_of)


def test_what_ended_is_not_predicted_again(add):
    job = predicted(add(), 5.0, state=JobState.FAILED)
    renew(job.date)
    state(job)

    assert job.expected_seconds == 5.0
