"""A job that was claimed ahead waits for a seat, and is given back when it would not be claimed any more."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings

from processing import control
from processing.core.states import JobState
from processing.models import Hold, Instrument, Job
from processing.plugins import seats
from processing.workflow import machine
from processing.workflow.prepare import prepare
from processing.workflow.process import process
from tests import testcam
from tests.processing.campaigning import begun, night, of
from tests.processing.conftest import state


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seats, "CHECK", 0.0)


@contextmanager
def all_seats_taken() -> Iterator[None]:
    """By other workers of this host."""
    file = Path(settings.PHOENIX["WORK_DIR"]) / "seats" / socket.gethostname()
    with seats.seated(file, ((settings.WORKERS, settings.WORKERS), (0, machine.host().cores)), lambda: None):
        yield


def once_checked(monkeypatch, call) -> None:
    """Let something happen when the job has its files and is about to wait."""
    monkeypatch.setattr(testcam.Testcam, "check", lambda *_: call())


def test_a_stop_reaches_a_job_that_waits_for_its_seat(add, monkeypatch):
    job = add()
    prepare()
    once_checked(monkeypatch, lambda: control.stop("TESTCAM", "the disk is full", "anna"))
    with all_seats_taken():
        process()

    assert (state(job), testcam.starts()) == ((JobState.WAITING, ""), [])


def test_a_pause_reaches_a_job_that_waits_for_its_seat(add, monkeypatch):
    night(add, 1)
    campaign = begun()
    prepare()
    once_checked(monkeypatch, lambda: control.pause_campaign(campaign, "anna", "the disk is full"))
    with all_seats_taken():
        process(of(campaign))

    assert of(campaign).get().state == JobState.WAITING


def test_a_job_of_a_campaign_that_waits_for_its_seat_gives_way_to_the_day_to_day_stream(add, monkeypatch):
    night(add, 1)
    campaign = begun()
    prepare()

    def arrives() -> None:
        add(2, date="2012-06-20")
        prepare()

    once_checked(monkeypatch, arrives)
    with all_seats_taken():
        process(of(campaign))

    assert of(campaign).get().state == JobState.WAITING


def test_a_seat_that_is_free_is_taken_at_once(add):
    job = add()
    prepare()
    process()

    assert state(job)[0] == JobState.PROCESSED


@pytest.fixture
def claimed(add) -> Job:
    add()
    prepare()
    job = Job.objects.claim(f"{socket.gethostname()}:0:1:1.00", Instrument.objects.all())
    assert job
    return job


def test_a_hold_is_part_of_the_start_itself(claimed):
    Hold.objects.create(instrument=claimed.date.instrument, why="the archive is away", looked=claimed.registered)

    assert not claimed.start()


def test_a_pause_is_part_of_the_start_itself(claimed):
    type(claimed.campaign).objects.update(state="PAUSED")

    assert not claimed.start()


def test_the_start_knows_the_window_that_the_claim_has_seen(claimed):
    Instrument.objects.update(window="00:00-00:01")

    assert not claimed.start()


def test_what_nothing_forbids_starts_once(claimed):
    assert [claimed.start(), claimed.start()] == [True, False]
