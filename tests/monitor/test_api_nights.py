"""The API on nights: where the time of workers went, and how well it was used."""

import pytest

from monitor import timing
from processing.models import Instrument
from tests.monitor import times

pytestmark = pytest.mark.django_db

HERE = "/api/v1/instruments/UVES/nights/"


@pytest.fixture
def two_workers():
    """Four jobs of 100 s on two workers, the last 20 s late."""
    for number, claimed in enumerate((0, 0, 100, 120)):
        moments = (claimed, claimed + 10, claimed + 100, claimed + 130)
        times.worked(number, *moments, seconds=80.0, owner=f"node1:b:{number % 2}:1")


def test_a_night_says_what_took_the_most_and_its_efficiency(viewer, two_workers):
    found = viewer.get(HERE).json()
    [night] = found["nights"]

    assert (found["instrument"], found["complete"]) == ("UVES", True)
    assert (night["date"], night["workers"], night["dominating"]) == ("2012-05-09", 2, "CPU")
    assert night["seconds"]["CPU"] == 4 * 80
    assert night["efficiency"] == pytest.approx(night["work"] / (night["makespan"] * 2)) == pytest.approx(0.72)


def test_the_page_and_the_api_tell_the_same(viewer, two_workers):
    [night] = viewer.get(HERE).json()["nights"]
    whole = sum(night["seconds"].values())

    assert f"CPU, {100 * night['seconds']['CPU'] / whole:.0f} %;" in viewer.get("/timing/").content.decode()


def test_nights_outside_the_range_are_not_told(viewer, two_workers):
    assert viewer.get(f"{HERE}?from=2012-05-10").json()["nights"] == []
    assert len(viewer.get(f"{HERE}?from=2012-05-09&to=2012-05-09").json()["nights"]) == 1


def test_an_answer_without_the_oldest_jobs_says_that_it_is_not_complete(viewer, two_workers, monkeypatch):
    monkeypatch.setattr(timing, "MOST_JOBS", 3)

    assert viewer.get(HERE).json()["complete"] is False


def test_an_instrument_without_nights_has_an_empty_list(viewer):
    Instrument.objects.create(name="UVES")

    assert viewer.get(HERE).json() == {"instrument": "UVES", "complete": True, "nights": []}


@pytest.mark.parametrize(
    ("address", "status"),
    [
        (f"{HERE}?from=x", 400),
        (f"{HERE}?from=2012-05-09&to=2012-05-08", 400),
        (f"{HERE}?colour=red", 400),
        ("/api/v1/instruments/NONE/nights/", 404),
    ],
)
def test_what_makes_no_sense_is_a_problem(viewer, two_workers, address, status):
    answer = viewer.get(address)

    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")


@pytest.mark.parametrize("number", [1, 20])
def test_the_number_of_queries_does_not_depend_on_the_jobs(viewer, django_assert_num_queries, number):
    for n in range(number):
        times.worked(n, n * 10, n * 10 + 1, n * 10 + 9, n * 10 + 10, seconds=7.0)
    with django_assert_num_queries(6):  # session and user, instrument, nights, jobs, preparations
        viewer.get(HERE)
