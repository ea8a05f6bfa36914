"""All dates and instruments at a glance."""

import re
from datetime import date, timedelta

import pytest

from monitor import grid, tallies
from monitor.pages import grid as pages
from processing.core.states import DateState, JobState, Reason
from processing.models import Certificate, Instrument, ProcessingDate
from tests.monitor import rows

pytestmark = pytest.mark.django_db
J = JobState


def body(client, address="/grid/"):
    return " ".join(client.get(address).content.decode().split())


def night(instrument, day, state=DateState.FINISHED, reason="", **counts):
    """A processing date as it is when it was finished with so many jobs per state."""
    Instrument.objects.get_or_create(name=instrument)
    return ProcessingDate.objects.create(
        instrument_id=instrument, date=day, state=state, reason=reason, counts=counts, abs=sum(counts.values())
    )


def labels(shown):
    return re.findall(r'<span class="sr">([A-Z0-9]+, [^<]+)</span>', shown)


@pytest.mark.parametrize(
    ("counts", "word"),
    [
        ({J.INGESTED: 74}, "done"),
        ({J.INGESTED: 70, J.REJECTED: 4}, "done"),
        ({J.INGESTED: 55, J.FAILED: 2}, "part"),
        ({J.FAILED: 60, J.TIMED_OUT: 3, J.REJECTED: 1}, "failed"),
        ({J.LOST: 2, J.SKIPPED: 1}, "lost"),
        ({J.SKIPPED: 20, J.REJECTED: 2}, "skipped"),
        ({J.REJECTED: 2}, "not_executable"),
        ({}, "not_executable"),
    ],
)
def test_a_finished_date_stands_as_its_jobs_ended(counts, word):
    assert grid.standing("FINISHED", tallies.complete(counts)) == word


@pytest.mark.parametrize(
    ("state", "word"),
    [("REGISTERED", "waiting"), ("PREPARING", "running"), ("PROCESSING", "running"), ("HELD", "held")],
)
def test_an_open_date_stands_as_its_own_state(state, word):
    assert grid.standing(state, tallies.complete({J.WAITING: 3, J.FAILED: 1})) == word


def test_every_standing_has_a_shape_on_the_sheet_and_a_word_of_its_own(viewer):
    night("UVES", "2012-05-08", INGESTED=1)
    sheet = re.findall(r'<symbol id="shape-(\w+)"', body(viewer))

    assert {mark.shape for mark in grid.MARKS.values()} <= set(sheet)
    assert len({mark.word for mark in grid.MARKS.values()}) == len(grid.MARKS)


def test_a_cell_says_in_words_what_it_shows_and_leads_to_its_date(viewer):
    night("UVES", "2012-05-08", INGESTED=74, REJECTED=3)
    night("HAWKI", "2012-05-08", INGESTED=55, FAILED=2)
    shown = body(viewer)

    assert labels(shown) == ["HAWKI, 8 May 2012, some failed, 55 of 57, 2 failed", "UVES, 8 May 2012, done, 74 of 74"]
    assert 'href="/dates/UVES/2012-05-08/"' in shown


def test_the_address_of_a_cell_is_that_of_its_date(viewer):
    row = rows.job()
    [address] = re.findall(r'href="(/dates/[^"]+)"><span class="sr">', body(viewer))

    assert viewer.get(address).context["date"] == row.date


def test_the_newest_date_stands_on_top_and_an_instrument_without_data_has_an_empty_cell(viewer):
    night("UVES", "2012-05-08", INGESTED=1)
    night("HAWKI", "2012-05-09", INGESTED=1)
    shown = body(viewer)

    assert [label.split(",")[1] for label in labels(shown)] == [" 9 May 2012", " 8 May 2012"]
    assert shown.count(">no data<") == 2


@pytest.mark.parametrize(("day", "said"), [("2012-05-07", "1 day without"), ("2012-05-01", "7 days without")])
def test_days_on_which_nothing_was_registered_are_one_line(viewer, day, said):
    night("UVES", day, INGESTED=1)
    night("UVES", "2012-05-09", INGESTED=1)

    assert said in body(viewer)


def test_a_skipped_date_names_its_stop(viewer):
    stop, kept, _ = rows.backlog()
    rows.put(kept, J.SKIPPED, Reason.BACKLOG, f"Its time went by during {stop}: bug")
    ProcessingDate.objects.filter(pk=kept.date_id).update(state="FINISHED")
    [label] = [one for one in labels(body(viewer)) if "skipped" in one]

    assert label == f"UVES, 9 May 2012, skipped in a stop, 0 of 1, stop #{stop.pk}"


def test_a_held_date_says_why_and_nothing_of_it_can_run(viewer):
    night("UVES", "2012-05-08", DateState.HELD, '"><script>alert(1)</script>')
    shown = body(viewer)

    assert "<script>alert" not in shown
    assert "held, &quot;&gt;&lt;script&gt;" in shown


def test_an_open_date_is_counted_as_it_is_now(viewer):
    rows.put(rows.job(), J.INGESTED)
    ProcessingDate.objects.update(state="PROCESSING", counts={"INGESTED": 9})

    assert labels(body(viewer)) == ["UVES, 9 May 2012, running, 1 of 1"]


def test_the_head_says_which_instruments_are_certified(viewer):
    night("UVES", "2012-05-08", INGESTED=1)
    night("HAWKI", "2012-05-08", INGESTED=1)
    heads = re.findall(r'<th scope="col"> (\w+) <span class="state \w+">.*?</svg>([\w ]+)<', body(viewer))
    assert heads == [("HAWKI", "not certified"), ("UVES", "certified")]

    Certificate.objects.filter(instrument="UVES").update(state="SUSPENDED")
    assert ">certified<" not in body(viewer)


def test_ninety_days_up_to_the_newest_are_shown_and_links_lead_on(viewer):
    newest = date(2012, 5, 9)
    for back in (0, 89, 90):
        night("UVES", newest - timedelta(days=back), INGESTED=1)
    shown = body(viewer)

    assert len(labels(shown)) == 2
    assert "?from=2011-11-12&amp;to=2012-02-09" in shown
    assert len(labels(body(viewer, "/grid/?from=2011-11-12&to=2012-02-09"))) == 1


def test_from_older_days_links_lead_back_and_from_the_newest_none_leads_on(viewer):
    night("UVES", "2012-05-08", INGESTED=1)

    assert ">newer<" not in body(viewer)
    assert '?from=2012-05-06&amp;to=2012-05-10">newer<' in body(viewer, "/grid/?from=2012-05-01&to=2012-05-05")


def test_a_range_without_data_says_what_to_do(viewer):
    night("UVES", "2012-05-08", INGESTED=1)

    assert "show the newest dates" in body(viewer, "/grid/?from=2000-01-01&to=2000-01-31")


def test_an_empty_site_says_how_to_begin(viewer):
    assert "Nothing is registered yet" in body(viewer)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("from=yesterday", "from must be a date"),
        ("to=2012-02-30", "to must be a date"),
        ("from=2012-05-09&to=2012-05-08", "before it begins"),
        ("from=2010-01-01&to=2012-05-08", "366 can be shown"),
        ("from=2000-01-01", "366 can be shown"),
    ],
)
def test_a_range_that_cannot_be_shown_is_not_found_and_says_why(viewer, query, said):
    night("UVES", "2012-05-08", INGESTED=1)
    answer = viewer.get(f"/grid/?{query}")

    assert answer.status_code == 404
    assert said in answer.content.decode()


@pytest.mark.parametrize("query", ["from=0001-01-01&to=0001-01-02", "from=9999-12-30&to=9999-12-31", "to=0001-01-01"])
def test_the_calendar_has_an_end_and_the_page_does_not_break_there(viewer, query):
    night("UVES", "2012-05-08", INGESTED=1)

    assert viewer.get(f"/grid/?{query}").status_code == 200


@pytest.mark.parametrize(("number", "percent"), [(0, 0), (1, 1), (50, 5), (999, 99), (1000, 100)])
def test_a_bar_is_full_only_if_all_is_there_and_empty_only_if_nothing_is(number, percent):
    assert pages._percent(number, 1000) == percent


def test_the_number_of_queries_does_not_depend_on_what_is_shown(viewer, django_assert_num_queries):
    rows.job()
    night("HAWKI", "2012-05-08", SKIPPED=1)
    with django_assert_num_queries(7):
        body(viewer)

    for back in range(30):
        night("UVES", date(2012, 5, 8) - timedelta(days=back), INGESTED=1)
        night("MUSE", date(2012, 5, 8) - timedelta(days=back), SKIPPED=1)
        night("KMOS", date(2012, 5, 8) - timedelta(days=back), DateState.PROCESSING)
    with django_assert_num_queries(7):
        body(viewer)


def test_the_matrix_of_the_api_has_a_row_per_date_and_a_cell_per_instrument(viewer):
    night("UVES", "2012-05-08", INGESTED=55, FAILED=2, REJECTED=3)
    night("HAWKI", "2012-05-09", DateState.HELD, "disk full", WAITING=1)

    assert viewer.get("/api/v1/grid/").json() == {
        "from": "2012-02-10",
        "to": "2012-05-09",
        "instruments": ["HAWKI", "UVES"],
        "dates": [
            {
                "date": "2012-05-09",
                "cells": [{"standing": "held", "done": 0, "of": 0, "failed": 0, "total": 0, "why": "disk full"}, None],
            },
            {
                "date": "2012-05-08",
                "cells": [None, {"standing": "part", "done": 55, "of": 57, "failed": 2, "total": 60, "why": ""}],
            },
        ],
    }


def test_the_matrix_can_be_asked_for_one_instrument_and_some_days(viewer):
    for instrument, day in (("UVES", "2012-05-08"), ("HAWKI", "2012-05-08"), ("UVES", "2012-05-09")):
        night(instrument, day, INGESTED=1)
    found = viewer.get("/api/v1/grid/?instrument=UVES&from=2012-05-01&to=2012-05-08").json()

    assert (found["instruments"], [row["date"] for row in found["dates"]]) == (["UVES"], ["2012-05-08"])


def test_the_matrix_of_an_empty_site_is_empty(viewer):
    assert viewer.get("/api/v1/grid/").json() == {"from": None, "to": None, "instruments": [], "dates": []}


@pytest.mark.parametrize(
    "query", ["from=x", "to=2012-02-30", "instrument=NONE", "colour=red", "from=2012-05-09&to=2012-05-08"]
)
def test_a_wrong_parameter_of_the_matrix_is_a_problem(viewer, query):
    night("UVES", "2012-05-08", INGESTED=1)
    answer = viewer.get(f"/api/v1/grid/?{query}")

    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_the_grid_is_for_those_who_are_logged_in(anonymous):
    assert anonymous.get("/grid/").status_code == 302
    assert anonymous.get("/api/v1/grid/").status_code in {401, 403}
