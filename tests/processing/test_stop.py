"""Stop and resume: nothing new starts, and a resume owes no backlog."""

import json
import threading
import time
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from processing import control
from processing.core.schedule import read_window, time_went_by
from processing.core.states import DateState, JobState, Reason
from processing.models import Event, Instrument, Job, ProcessingDate, Stop
from processing.workflow.prepare import prepare
from processing.workflow.process import beat, process
from tests import testcam
from tests.processing.conftest import run_night, state

TODAY = timezone.now().date()


def stopped(scope: str = "TESTCAM", **options: bool) -> Stop:
    return control.stop(scope, "response curve bug", "anna", **options)


@pytest.mark.parametrize("scope", ["TESTCAM", ""])
def test_nothing_starts_while_stopped(add, scope):
    job = add()
    prepare()
    stopped(scope)

    assert not process()
    assert state(job) == (JobState.WAITING, "")


def test_a_stopped_date_is_not_prepared_either(add):
    add()
    stopped()

    assert not prepare()


def test_a_stop_of_another_instrument_concerns_nobody_else(add):
    add()
    prepare()
    Instrument.objects.create(name="OTHER")
    stopped("OTHER")

    assert process()


def test_the_stop_of_all_overrides_and_does_not_overwrite(add):
    add()
    prepare()
    own, everything = stopped(), stopped("")
    control.resume(everything, "anna")

    assert not process()
    assert Stop.objects.active().get() == own


def test_a_waiting_job_says_who_stopped_it_and_why(add):
    job = add()
    stopped()

    assert "TESTCAM is stopped since" in control.why_waiting(job)
    assert "response curve bug" in control.why_waiting(job)


@pytest.mark.parametrize(("scope", "reason"), [("TESTCAM", "  "), ("NOBODY", "bug")])
def test_a_stop_needs_a_reason_and_a_known_instrument(add, scope, reason):
    add()
    with pytest.raises(ValueError, match=r"reason|instrument"):
        control.stop(scope, reason, "anna")
    assert Stop.objects.count() == 0


def test_stopping_twice_is_one_stop(add):
    add()

    assert stopped() == stopped()
    assert Event.objects.filter(subject="stop").count() == 1


def test_ingestion_of_what_was_processed_goes_on(add):
    job = add()
    prepare()
    process()
    stopped()
    run_night()

    assert state(job)[0] == JobState.INGESTED


def test_tonights_own_jobs_simply_go_on(add):
    job = add(date=str(TODAY))
    row = stopped()
    plan = control.resume(row, "bert")
    run_night()

    assert (len(plan.run), len(plan.skip)) == (1, 0)
    assert state(job)[0] == JobState.INGESTED


def backlog(add) -> tuple[Job, Stop]:
    """A job whose DFO day ended during a stop."""
    job = add(date=str(TODAY - timedelta(days=2)))
    row = stopped()
    Stop.objects.update(at=timezone.now() - timedelta(days=3))
    row.refresh_from_db()
    return job, row


def test_a_resume_skips_the_backlog_and_says_during_which_stop(add):
    job, row = backlog(add)
    control.resume(row, "bert")
    run_night()

    assert state(job) == (JobState.SKIPPED, Reason.BACKLOG)
    assert f"stop {row.pk}" in job.sentence
    assert testcam.starts() == []
    assert ProcessingDate.objects.get().state == DateState.FINISHED


def test_a_preview_names_the_numbers_and_changes_nothing(add):
    job, row = backlog(add)
    plan = control.preview_resume(row)

    assert (len(plan.run), len(plan.skip)) == (0, 1)
    assert (state(job)[0], Stop.objects.active().count()) == (JobState.WAITING, 1)


def test_only_an_explicit_choice_processes_the_backlog(add):
    job, row = backlog(add)
    control.resume(row, "bert", with_backlog=True)
    run_night()

    assert state(job)[0] == JobState.INGESTED


def test_a_job_of_long_before_the_stop_is_no_backlog(add):
    add()
    row = stopped()

    assert len(control.preview_resume(row).run) == 1


def test_resuming_twice_does_nothing_more(add):
    _, row = backlog(add)
    control.resume(row, "bert")

    assert control.resume(row, "carl").skip == []
    row.refresh_from_db()
    assert row.resumed_by == "bert"


def test_stop_and_resume_are_in_the_event_log_with_who_and_why(add):
    add()
    control.resume(stopped(), "bert")
    events = Event.objects.filter(subject="stop").order_by("id").values_list("new", "who", "why")

    assert [*events] == [
        ("STOPPED", "anna", "DRAIN: response curve bug"),
        ("RESUMED", "bert", "1 go on, 0 are skipped"),
    ]


@pytest.mark.django_db(transaction=True)
def test_a_stop_that_terminates_ends_running_jobs_within_five_seconds(add):
    job = add(sleep=60)
    prepare()
    stopper = threading.Thread(target=stop_when_started)
    stopper.start()
    process()
    stopper.join()

    assert state(job) == (JobState.STOPPED, Reason.STOPPED_BY_OPERATOR)
    assert timezone.now() - Stop.objects.get().at < timedelta(seconds=5)
    assert job.log_text.text.startswith("recipe of")


def stop_when_started() -> None:
    while not testcam.starts():
        time.sleep(0.05)
    stopped(terminate=True)
    connection.close()


def test_the_command_line_stops_previews_and_resumes(add, capsys):
    backlog(add)
    Stop.objects.update(resumed=timezone.now())
    call_command("phoenix", "stop", "TESTCAM", "--reason", "a bug", "--json")
    Stop.objects.update(at=timezone.now() - timedelta(days=3))
    call_command("phoenix", "resume", "TESTCAM", "--dry-run", "--json")
    call_command("phoenix", "resume", "TESTCAM", "--json")
    printed = capsys.readouterr().out.replace("}\n{", "}\0{").split("\0")
    told = [json.loads(text) for text in printed]

    assert told[0]["reason"] == "a bug"
    assert [(row["dry_run"], row["run"], row["skipped"]) for row in told[1:]] == [(True, 0, 1), (False, 0, 1)]


def test_resuming_what_is_not_stopped_exits_with_1(add):
    add()
    with pytest.raises(SystemExit) as leaving:
        call_command("phoenix", "resume", "--all")
    assert leaving.value.code == 1


@pytest.mark.parametrize(
    ("window", "registered", "since", "now", "went_by"),
    [
        ("20:00-06:00", "10T18:00", "10T22:00", "10T23:00", False),
        ("20:00-06:00", "10T18:00", "10T22:00", "11T06:00", True),
        ("20:00-06:00", "10T18:00", "10T12:00", "11T05:59", False),
        ("20:00-06:00", "10T06:00", "10T01:00", "10T23:00", False),
        ("20:00-06:00", "01T18:00", "10T22:00", "10T23:00", False),
        ("20:00-06:00", "01T18:00", "10T22:00", "11T12:00", True),
        ("08:00-16:00", "10T12:00", "10T13:00", "10T15:00", False),
        ("08:00-24:00", "10T12:00", "10T13:00", "11T00:00", True),
        ("00:00-24:00", "10T02:00", "10T11:00", "10T13:00", True),
        ("00:00-24:00", "10T02:00", "10T13:00", "12T13:00", False),
    ],
)
def test_the_time_of_a_job_goes_by_with_a_window_or_with_its_day(window, registered, since, now, went_by):
    def utc(text: str) -> datetime:
        return datetime.fromisoformat(f"2012-05-{text}").replace(tzinfo=UTC)

    day, during = date(2012, 5, 9), {"since": utc(since), "now": utc(now)}
    assert time_went_by(read_window(window), utc(registered), day, **during) is went_by


def test_a_resume_names_what_another_stop_still_keeps(add):
    add()
    own, everything = stopped(), stopped("")
    plan = control.preview_resume(everything)

    assert (len(plan.run), len(plan.skip), len(plan.keep)) == (0, 0, 1)
    control.resume(own, "anna")
    assert len(control.preview_resume(everything).run) == 1


@pytest.mark.parametrize("terminate", [False, True])
def test_a_stop_between_claim_and_start_gives_the_job_back_unstarted(add, monkeypatch, terminate):
    job = add()
    prepare()

    def stop_now(*_arguments: object) -> None:
        stopped(terminate=terminate)
        assert beat(Job.objects.get())

    monkeypatch.setattr(testcam.Testcam, "check", stop_now)
    process()

    assert state(job) == (JobState.WAITING, "")
    assert (job.started, testcam.starts()) == (None, [])


def test_a_window_that_closes_between_claim_and_start_gives_the_job_back_unstarted(add, monkeypatch):
    job = add()
    prepare()
    hour = (timezone.now().hour + 2) % 24
    window = f"{hour:02d}:00-{(hour + 1) % 24:02d}:00"
    monkeypatch.setattr(testcam.Testcam, "check", lambda *_: Instrument.objects.update(window=window))
    process()

    assert (state(job), testcam.starts()) == ((JobState.WAITING, ""), [])


def test_a_stop_is_part_of_the_start_itself(add):
    add()
    prepare()
    job = Job.objects.claim("north:0:1:1.00", Instrument.objects.all())
    assert job
    stopped("")

    assert not job.start()


def test_a_stop_that_terminates_leaves_a_job_alone_that_has_just_been_processed(add):
    job = add()
    prepare()
    process()
    job.refresh_from_db()
    stopped(terminate=True)

    assert not beat(job)
    assert state(job)[0] == JobState.PROCESSED
