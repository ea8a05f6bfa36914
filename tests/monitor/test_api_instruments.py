"""Instruments through the API, and the workers in the answer of `status/`."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from processing import control
from processing.core.states import JobState
from processing.models import Hold, Instrument, ProcessingDate, Worker
from processing.version import VERSION
from tests.monitor import rows

pytestmark = pytest.mark.django_db

INSTRUMENTS = "/api/v1/instruments/"
FIELDS = {"instrument", "window", "open", "next_opening", "stopped", "held", "holds", "jobs"}


@pytest.fixture
def uves(viewer):
    rows.job()
    Instrument.objects.create(name="HAWKI", window="21:00-05:00")
    return viewer


def test_instruments_are_listed_by_name_and_have_their_own_address(uves):
    found = uves.get(INSTRUMENTS).json()["results"]
    one = uves.get(f"{INSTRUMENTS}HAWKI/").json()

    assert [row["instrument"] for row in found] == ["HAWKI", "UVES"]
    assert all(set(row) == FIELDS for row in [*found, one])
    assert (one["instrument"], one["window"]) == ("HAWKI", "21:00-05:00 UTC")


def test_jobs_are_counted_per_instrument_and_every_state_is_named(uves):
    hawki, found = uves.get(INSTRUMENTS).json()["results"]

    assert found["jobs"] == dict.fromkeys(JobState, 0) | {JobState.WAITING: 1}
    assert set(hawki["jobs"].values()) == {0}


def test_a_window_says_when_it_opens(uves):
    opens = timezone.now() + timedelta(hours=3)
    Instrument.objects.filter(pk="UVES").update(window=f"{opens:%H:%M}-{opens + timedelta(hours=1):%H:%M}")
    found = uves.get(f"{INSTRUMENTS}UVES/").json()

    assert (found["open"], found["next_opening"]) == (False, f"{opens:%Y-%m-%dT%H:%M}:00Z")


def test_a_hold_says_where_since_when_and_why(uves):
    hold = rows.held("disk full", "broken1")
    Hold.objects.update(at=datetime(2012, 5, 9, 21, 3, tzinfo=UTC), looked=datetime(2012, 5, 9, 21, 4, tzinfo=UTC))
    found = uves.get(f"{INSTRUMENTS}UVES/").json()

    assert found["holds"] == [
        {
            "host": "broken1",
            "since": "2012-05-09T21:03:00Z",
            "why": "disk full",
            "looked": "2012-05-09T21:04:00Z",
            "next_look": "2012-05-09T21:04:15Z",
        }
    ]
    assert found["held"] == [hold.why]
    assert uves.get(f"{INSTRUMENTS}HAWKI/").json()["holds"] == []
    assert [row["holds"] for row in uves.get(INSTRUMENTS).json()["results"]] == [[], found["holds"]]


def test_a_date_that_is_held_for_itself_is_in_its_instruments_answer(uves):
    rows.held("disk full")
    ProcessingDate.objects.update(state="HELD", reason="bias is cut off")

    assert uves.get(f"{INSTRUMENTS}UVES/").json()["held"] == ["disk full", "bias is cut off"]


def test_a_stop_of_everything_stops_each(uves):
    control.stop("", "a power cut", "anna")

    assert [row["stopped"] for row in uves.get(INSTRUMENTS).json()["results"]] == [["a power cut"]] * 2


def test_status_names_the_workers_that_are_alive(viewer):
    control.heard("night")
    control.heard("gone")
    seen = timezone.now() - timedelta(seconds=70)
    Worker.objects.filter(name="gone").update(seen=seen)
    [worker] = viewer.get("/api/v1/status/").json()["workers"]

    assert set(worker) == {"name", "host", "roles", "slots", "version", "since", "seen"}
    assert (worker["name"], worker["version"], worker["seen"][-1]) == ("night", VERSION, "Z")
