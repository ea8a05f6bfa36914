"""The event log: page and API, paged, filtered, linked."""

from datetime import timedelta

import pytest
from django.utils import timezone

from monitor import events
from processing import control
from processing.core.states import IngestState
from processing.models import Certificate, Event, Ingestion, Instrument
from tests.monitor import rows
from tests.monitor.test_problems import problem
from tests.monitor.test_system import told

pytestmark = pytest.mark.django_db

PAGE, API = "/system/events/", "/api/v1/events/"


def whys(client, query=""):
    return [row["why"] for row in client.get(f"{API}?{query}").json()["results"]]


@pytest.fixture
def happened():
    """Something of each subject, of UVES and of HAWKI."""
    job = rows.attempted(rows.job())
    job.date.note("REGISTERED", "PREPARING", "date of UVES")
    Ingestion.objects.get().note(IngestState.STORED, IngestState.REGISTERED, "product of UVES")
    Instrument.objects.create(name="HAWKI")
    control.set_window("HAWKI", "21:00-05:00", "carl")
    control.resume(control.stop("HAWKI", "a bug of HAWKI", "anna"), "anna")
    control.stop("", "a bug of all", "bert")
    rows.held("disk of UVES").note("HELD", "disk of UVES", "north")
    Certificate.objects.filter(instrument="UVES")[0].note("DRAFT", "CERTIFIED", "review of UVES")


def test_the_newest_event_stands_on_top_with_who_and_why(viewer, happened):
    shown = told(viewer, PAGE)

    assert shown.index("review of UVES") < shown.index("a bug of all") < shown.index("date of UVES")
    assert "new → STOPPED DRAIN: a bug of all bert" in shown


def test_an_empty_log_says_what_fills_it(viewer):
    assert "Events come with the first AB that is registered." in told(viewer, PAGE)


@pytest.mark.parametrize("address", [PAGE, API])
def test_events_of_an_instrument_are_those_of_all_that_belongs_to_it(viewer, happened, address):
    text = viewer.get(f"{address}?instrument=UVES").content.decode()
    for why in ("date of UVES", "product of UVES", "a bug of all", "disk of UVES", "review of UVES"):
        assert why in text
    assert "a bug of HAWKI" not in text


def test_events_are_found_by_subject_person_and_day(viewer, happened):
    Event.objects.filter(who="carl").update(at=timezone.now() - timedelta(days=40))
    day = (timezone.now() - timedelta(days=40)).date().isoformat()

    assert whys(viewer, "subject=stop&who=bert") == ["DRAIN: a bug of all"]
    assert whys(viewer, "instrument=HAWKI&subject=stop") == [
        "DRAIN: a bug of all",
        "0 go on, 0 are skipped",
        "DRAIN: a bug of HAWKI",
    ]
    assert whys(viewer, f"date={day}") == ["window"]
    assert "window" in told(viewer, f"{PAGE}?day={day}")
    assert "No event fits." in told(viewer, f"{PAGE}?day=1999-01-01")


def test_a_page_leads_to_older_events_and_keeps_its_filter(viewer, monkeypatch, happened):
    monkeypatch.setattr("monitor.pages.events.ROWS", 2)
    answer = viewer.get(f"{PAGE}?subject=stop")
    older = answer.context["older"]
    second = viewer.get(f"{PAGE}{older}")

    assert [row.event.why for row in answer.context["events"]] == ["DRAIN: a bug of all", "0 go on, 0 are skipped"]
    assert [row.event.why for row in second.context["events"]] == ["DRAIN: a bug of HAWKI"]
    assert (second.context["older"], second.context["newest"]) == ("", "?subject=stop")
    assert "That is the beginning." in told(viewer, f"{PAGE}{older}")


def test_pages_stay_the_same_while_events_arrive(viewer, happened):
    first = viewer.get(f"{API}?limit=3").json()
    control.stop("UVES", "another bug", "anna")
    second = viewer.get(first["next"]).json()

    ids = [row["id"] for row in first["results"] + second["results"]]
    assert ids == sorted(ids, reverse=True)
    assert len(set(ids)) == len(ids)


def test_an_event_leads_to_the_page_of_what_it_is_about(viewer, happened):
    found = {row.event.subject: row.address for row in events.described(events.found())}

    assert found["job"] == found["ingestion"] == "/abs/UVES.2012-05-10T03:17:42.861.ab/"
    assert found["date"] == "/dates/UVES/2012-05-09/"
    assert found["certificate"].startswith("/certificates/UVES/")
    assert found["stop"] == found["hold"] == ""
    for address in {*found.values()} - {""}:
        assert viewer.get(address).status_code == 200


@pytest.mark.parametrize(
    "query",
    ["instrument=NOBODY", "subject=weather", "day=yesterday", "before=x", "before=0", "day=2012-05-09%00", "who=a%00"],
)
def test_a_filter_that_makes_no_sense_is_refused_and_stays_in_the_form(viewer, query):
    answer = viewer.get(f"{PAGE}?{query}")

    assert answer.status_code == 400
    assert 'class="error"' in answer.content.decode()


@pytest.mark.parametrize("query", ["subject=weather", "date=yesterday", "colour=red", "who="])
def test_the_api_refuses_what_it_does_not_know(viewer, query):
    assert problem(viewer.get(f"{API}?{query}"), 400)["errors"]


def test_what_somebody_wrote_cannot_run(viewer):
    rows.job()
    control.stop("", "<script>alert(1)</script>", "<b>anna</b>")
    shown = viewer.get(PAGE).content.decode()

    assert "<script>alert" not in shown
    assert "<b>anna" not in shown


@pytest.mark.parametrize("number", [1, 6])
def test_the_log_costs_the_same_however_long_it_is(viewer, django_assert_max_num_queries, number):
    rows.night(number)
    with django_assert_max_num_queries(16):
        viewer.get(f"{PAGE}?instrument=UVES")
    with django_assert_max_num_queries(5):
        viewer.get(f"{API}?instrument=UVES")
