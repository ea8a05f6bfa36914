"""Where the time of nights goes, and its page."""

import datetime
import re
import xml.etree.ElementTree as ET

import pytest

from monitor import timing
from processing.core.states import JobState
from processing.models import Event, Instrument, Job, ProcessingDate, Stop
from tests.monitor import rows, times

pytestmark = pytest.mark.django_db

HERE = "/timing/"


def measured():
    return timing.timing([times.date()])


def body(client, query=""):
    answer = client.get(f"{HERE}?{query}")
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


@pytest.fixture
def two_workers():
    """Four jobs of 100 s on two workers, the last 20 s late."""
    for number, claimed in enumerate((0, 0, 100, 120)):
        moments = (claimed, claimed + 10, claimed + 100, claimed + 130)
        times.worked(number, *moments, seconds=80.0, owner=f"node1:b:{number % 2}:1")


def test_the_prediction_is_the_time_of_all_jobs_over_the_most_workers_at_once(two_workers):
    [night] = measured().nights

    assert (night.jobs, night.workers) == (4, 2)
    assert night.predicted == 4 * (10 + 80) / 2  # the scores are made while another recipe runs
    assert night.actual == 220
    assert night.ratio == pytest.approx(11 / 9)


def test_a_job_is_timed_in_every_phase(two_workers):
    [night] = measured().nights

    assert night.phases == {"queue": 55.0, "fetch": 10.0, "recipe": 80.0, "scoring": 10.0, "ingestion": 30.0}


def test_nobody_waits_for_a_worker_before_the_first_job_was_taken():
    times.worked(0, 500, 510, 600, 610, seconds=80.0)
    times.worked(1, 600, 610, 700, 710, seconds=80.0)

    assert measured().totals["queue"] == 100


def test_a_stop_is_no_waiting():
    times.worked(0, 0, 10, 100, 110, seconds=80.0)
    times.worked(1, 1000, 1010, 1100, 1110, seconds=80.0)
    stop = Stop.objects.create(scope="UVES", reason="a bug", who="anna", resumed=times.at(950))
    Stop.objects.filter(pk=stop.pk).update(at=times.at(50))
    [night] = measured().nights

    assert night.totals["queue"] == 50 + 50
    assert night.actual == 100 + 50 + 100


def test_closed_hours_are_no_waiting():
    times.worked(0, 0, 10, 100, 110, seconds=80.0)
    times.worked(1, 86400, 86410, 86500, 86510, seconds=80.0)
    Instrument.objects.update(window="20:00-06:00")

    assert measured().totals["queue"] == 10 * 3600


def test_what_was_not_measured_is_not_invented():
    times.worked(0, 0, None, None, 5, state=JobState.FAILED)
    [night] = measured().nights

    assert night.phases["fetch"] is None
    assert night.phases["recipe"] is None
    assert night.calibrations is None


def test_nobody_knows_how_long_a_lost_job_had_its_worker():
    times.worked(0, 0, 10, None, 5000, state=JobState.LOST)
    [night] = measured().nights

    assert (night.predicted, night.actual) == (None, None)


def test_the_download_of_the_calibrations_is_taken_from_its_event(two_workers):
    date = times.date(prepared=-10)
    date.note("REGISTERED", "PREPARING")
    Event.objects.filter(subject="date", subject_id=date.pk, new="PREPARING").update(at=times.at(-40))

    assert timing.timing([times.date(prepared=-10)]).nights[0].calibrations == 30


def test_percentiles_are_per_recipe_and_setup(two_workers):
    Job.objects.filter(owner="node1:b:0:1").update(seconds=100.0)
    [setup] = measured().setups

    assert (setup.recipe, setup.number, setup.total) == ("uves_obs_scired", 4, 360.0)
    assert (setup.p50, setup.p95, setup.longest) == (90.0, 100.0, 100.0)


def test_the_slowest_come_first(two_workers):
    slow = times.worked(9, 300, 310, 999, 1000, seconds=600.0)

    assert measured().slowest[0].name == slow.block.name
    assert len(measured().slowest) == 5


def test_only_the_newest_jobs_are_read_and_the_page_says_so(viewer, two_workers, monkeypatch):
    times.date()
    monkeypatch.setattr(timing, "MOST_JOBS", 3)

    assert measured().jobs == 3
    assert "Only the newest 3 jobs are read." in body(viewer)


def test_the_last_nights_are_shown_unless_a_range_is_asked_for(monkeypatch):
    rows.job()
    uves = Instrument.objects.get()
    for day in range(1, 5):
        ProcessingDate.objects.create(instrument=uves, date=datetime.date(2012, 6, day))
    monkeypatch.setattr(timing, "NIGHTS", 2)

    assert [row.date.day for row in timing.nights_of("UVES", None, None)] == [4, 3]
    first, last = datetime.date(2012, 5, 1), datetime.date(2012, 6, 2)
    assert [row.date.day for row in timing.nights_of("UVES", first, last)] == [2, 1, 9]


def test_the_page_names_the_dominating_cost_in_a_sentence(viewer, two_workers):
    times.date()
    shown = body(viewer)

    assert "The dominating cost: recipe, 62 % of the time of a job (5 min 20 s of 8 min 40 s in 4 jobs)" in shown
    assert "100 % of that is uves_obs_scired RED580_1x1." in shown
    assert "Before, it waited 55 s for a free worker." in shown


def test_pictures_have_title_description_units_and_a_table_beside(viewer, two_workers):
    times.date()
    pictures = re.findall(r'<svg class="chart" role.*?</svg>', body(viewer))
    drawn = [ET.fromstring(picture) for picture in pictures]  # noqa: S314 - our own text

    assert [picture.findtext("title") for picture in drawn] == [
        "Predicted and actual time per night",
        "Mean time of a job, per night",
        "Mean time of a job, per night",
    ]
    assert drawn[0].findtext("desc") == "1 nights; the median of actual over predicted is 1.22."
    assert "mean per job / s" in {element.text for element in drawn[1].iter("text")}
    assert '<a href="/dates/UVES/2012-05-09/">2012-05-09</a>' in body(viewer)


def test_a_histogram_says_its_percentiles(viewer, two_workers):
    times.date()

    assert "4 runs, half within 80 s, 95 % within 80 s" in body(viewer)


def test_before_the_first_night_the_page_says_what_to_do(viewer):
    assert "phoenix register" in body(viewer)


def test_nights_without_work_say_so(viewer):
    rows.job()

    assert "No job of UVES was taken by a worker" in body(viewer)
    assert "No job of UVES was taken by a worker" in body(viewer, "from=2010-01-01&to=2010-02-01")


@pytest.mark.parametrize("query", ["instrument=HAWKI", "from=yesterday", "from=2012-05-10&to=2012-05-09"])
def test_a_choice_that_makes_no_sense_is_not_found(viewer, query):
    rows.job()

    assert viewer.get(f"{HERE}?{query}").status_code == 404


def test_strangers_are_sent_to_the_login(anonymous):
    assert anonymous.get(HERE).status_code == 302


@pytest.mark.parametrize("number", [1, 8])
def test_the_page_takes_five_queries_however_many_jobs_there_are(viewer, django_assert_num_queries, number):
    for n in range(number):
        times.worked(n, n * 10, n * 10 + 1, n * 10 + 9, n * 10 + 10, seconds=7.0)
    times.date()
    with django_assert_num_queries(5 + 2 + 1):  # beside those for session and user, and strip
        viewer.get(HERE)


def test_the_page_names_what_took_most_of_each_night_and_its_efficiency(two_workers, viewer):
    text = body(viewer)

    assert (
        "In the night of 2012-05-09 most of the time of workers went to: CPU, 64 %; in 1 of 1 nights it was that."
        in text
    )
    assert "Its parallel efficiency is 72 %." in text
