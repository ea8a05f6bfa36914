"""What is shown, asked of the database."""

from datetime import date, timedelta

import pytest
from django.test import RequestFactory
from django.utils import timezone

from monitor import attempt, board, context, tallies
from processing import control
from processing.core.states import JobState
from processing.models import Event, Instrument, Job, ProcessingDate, Worker
from processing.models.composed import Composed
from tests.monitor import rows

pytestmark = pytest.mark.django_db


def test_a_tally_has_every_state_and_adds_up():
    rows.put(rows.job(), JobState.TIMED_OUT)
    rows.job(rows.CELL)
    counted = tallies.tally(Job.objects.all())

    assert set(counted.counts) == set(JobState)
    assert (counted.total, counted.ended, counted.unfinished, counted.trouble) == (2, 1, 1, 1)
    assert (counted.running, counted.waiting, counted.ingesting, counted.ingested) == (0, 1, 0, 0)


def test_tallies_of_dates_take_one_query_and_keep_dates_apart(django_assert_num_queries):
    rows.put(rows.job(), JobState.INGESTED)
    rows.job(rows.CELL)
    dates = list(ProcessingDate.objects.order_by("date"))
    with django_assert_num_queries(1):
        first, second = tallies.tallies(dates).values()

    assert (first.ingested, first.waiting) == (1, 0)
    assert (second.ingested, second.waiting) == (0, 1)


def aged(minutes):
    Event.objects.update(at=timezone.now() - timedelta(minutes=minutes))


def test_a_strip_is_stalled_when_jobs_could_run_and_nothing_happens():
    rows.job()
    aged(14)

    assert board.strip().stalled_since is not None


@pytest.mark.parametrize("state", [JobState.RUNNING, JobState.INGESTED])
def test_a_strip_is_not_stalled_while_a_job_runs_or_when_all_have_ended(state):
    rows.put(rows.job(), state)
    if state == JobState.RUNNING:
        rows.job(rows.CELL)
    aged(14)

    assert board.strip().stalled_since is None


def test_a_strip_is_not_stalled_by_jobs_of_a_held_date():
    rows.job()
    ProcessingDate.objects.update(state="HELD")
    aged(14)

    assert board.strip().stalled_since is None


@pytest.mark.parametrize("host", ["", "broken1"])
def test_a_strip_is_not_stalled_by_jobs_that_a_hold_keeps(host):
    rows.job()
    rows.held(host=host)
    aged(14)

    assert board.strip().stalled_since is None


@pytest.mark.parametrize("scope", ["UVES", ""])
def test_a_strip_is_not_stalled_by_jobs_that_a_stop_keeps(scope):
    rows.job()
    control.stop(scope, "a bug", "anna")
    aged(14)

    assert board.strip().stalled_since is None


def test_a_strip_is_stalled_when_nobody_ingests_while_stopped():
    rows.put(rows.job(), JobState.PROCESSED)
    control.stop("", "a bug", "anna")
    aged(14)

    assert board.strip().stalled_since is not None


@pytest.mark.parametrize(("seconds", "unmanned"), [(50, False), (70, True)])
def test_work_without_a_sign_of_life_in_the_last_minute_is_unmanned(seconds, unmanned):
    rows.job()
    Worker.objects.update(seen=timezone.now() - timedelta(seconds=seconds))

    assert (board.strip().unmanned, board.strip().bad) == (unmanned, unmanned)


def test_without_work_nobody_has_to_work():
    rows.put(rows.job(), JobState.INGESTED)
    Worker.objects.all().delete()

    assert not board.strip().unmanned


def test_a_strip_says_either_that_nobody_works_or_that_nothing_moves():
    rows.job()
    aged(14)
    Worker.objects.all().delete()

    assert (board.strip().unmanned, board.strip().stalled_since) == (True, None)


@pytest.mark.parametrize("instruments", [["UVES"], ["UVES", "HAWKI", "MUSE"]])
def test_a_strip_takes_one_query_and_another_where_nothing_seems_to_move(django_assert_num_queries, instruments):
    rows.job()
    for name in instruments:
        Instrument.objects.get_or_create(name=name)
        rows.held(instrument=name)
        control.stop(name, "a bug", "anna")
    with django_assert_num_queries(1):
        board.strip()

    aged(14)
    with django_assert_num_queries(2):
        board.strip()


def test_the_strip_of_an_empty_site_tells_a_stop_of_everything():
    stop = control.stop("", "a power cut", "bert")

    assert (board.strip().hours, board.strip().stops) == ((), [stop])


def test_a_strip_has_stops_holds_and_held_dates_with_their_times():
    rows.job()
    stop, hold = rows.stopped_since("2012-05-10"), rows.held(host="broken1")
    ProcessingDate.objects.update(state="HELD", reason="disk full", held="2012-05-10T20:00:00Z")
    shown = board.strip()

    assert [(one.at, one.reason, one.who) for one in shown.stops] == [(stop.at, stop.reason, "anna")]
    assert [(one.hold.at, one.hold.looked, one.everywhere) for one in shown.holds] == [(hold.at, hold.looked, False)]
    assert [(str(one), one.reason, one.date) for one in shown.dates] == [
        ("UVES 2012-05-09", "disk full", date(2012, 5, 9))
    ]


@pytest.fixture
def one_night(monkeypatch):
    """The home page shows a single date."""
    monkeypatch.setattr(board, "NIGHTS", 1)
    monkeypatch.setattr(board, "INSTRUMENTS", Composed(board._instruments))
    monkeypatch.setattr(board, "_looks", board._looks.__wrapped__)


@pytest.mark.usefixtures("one_night")
def test_trouble_of_long_ago_needs_no_look():
    rows.put(rows.job(), JobState.FAILED)
    ProcessingDate.objects.update(state="FINISHED")
    assert board.strip().tally.trouble == 1

    rows.put(rows.job(rows.CELL), JobState.INGESTED)
    ProcessingDate.objects.update(state="FINISHED")
    assert board.strip().tally.trouble == 0
    assert list(board.looks(20)) == []


@pytest.mark.usefixtures("one_night")
def test_trouble_of_an_open_date_needs_a_look_however_old_it_is():
    failed = rows.put(rows.job(), JobState.FAILED)
    rows.put(rows.job(rows.CELL), JobState.INGESTED)
    ProcessingDate.objects.exclude(pk=failed.date_id).update(state="FINISHED")

    assert list(board.looks(20)) == [failed]


def test_a_finished_date_is_not_counted_again(django_assert_num_queries):
    rows.put(rows.job(), JobState.INGESTED)
    ProcessingDate.objects.update(state="FINISHED", counts={"INGESTED": 7})
    dates = list(ProcessingDate.objects.all())
    with django_assert_num_queries(0):
        counted = tallies.tallies(dates)

    assert counted[dates[0].pk].ingested == 7


def test_what_a_date_had_when_it_was_finished_says_nothing_once_it_is_open_again():
    rows.put(rows.job(), JobState.INGESTED)
    ProcessingDate.objects.update(state="PROCESSING", counts={"INGESTED": 7})
    dates = list(ProcessingDate.objects.all())

    assert tallies.tallies(dates)[dates[0].pk].ingested == 1


def test_the_stop_of_all_is_told_before_that_of_the_instrument():
    rows.job()
    control.stop("UVES", "a bug", "anna")
    everything = control.stop("", "a power cut", "bert")

    assert board.strip().hours[0].stop == everything
    assert len(board.strip().stops) == 2


def test_a_stop_needs_a_person_and_is_nothing_bad():
    rows.job()
    assert board.strip().calm

    control.stop("", "a power cut", "bert")
    assert (board.strip().calm, board.strip().bad) == (False, False)


def test_a_strip_is_not_stalled_soon_after_a_change():
    rows.job()
    aged(2)

    assert board.strip().stalled_since is None


def test_the_strip_is_for_those_who_are_logged_in(rf: RequestFactory, django_user_model, django_assert_num_queries):
    request = rf.get("/")
    assert context.strip(request)["strip"] is None

    request.user = django_user_model(username="somebody")
    with django_assert_num_queries(0):  # until a template shows it
        assert context.strip(request)["strip"] is not None


def test_a_massoc_is_not_used_even_if_the_same_file_is_a_mcalib():
    line = "REAL\t$DFO_CAL_DIR/2012-05-09\tUV_MBIA_120509A_REDL_1x1.fits\tMASTER_BIAS_REDL\t0.441\tOK"
    row = rows.job(MASSOC=line)
    shown = [found for found in attempt.associations(row.block.value, row) if found.calib.name.startswith("UV_MBIA")]

    assert [(found.kind, found.used) for found in shown] == [("MCALIB", True), ("MCALIB", True), ("MASSOC", False)]


def test_the_time_between_phases_is_counted_from_the_last_one_known():
    row = rows.put(rows.job(), JobState.FAILED)
    found = {phase.name: phase for phase in attempt.phases(row)}

    assert found["processed"].at is None
    assert found["started"].took == row.started - row.claimed
    assert found["ended"].took == row.ended - row.started


def test_parameters_are_told_per_chip():
    chips, parameters = attempt.parameters(rows.attempted(rows.job()).qc1.all())

    assert chips == ["REDL", "REDU"]
    assert {p.name: [v and v.value for v in p.values] for p in parameters} == {
        "qc_s2n": [21.5, 22.5],
        "mean_reduced": [None, None],
    }
