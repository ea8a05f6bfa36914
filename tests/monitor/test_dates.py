"""The page of a processing date."""

import re

import pytest

from processing.core.states import JobState, Reason
from processing.models import ProcessingDate
from tests.monitor import rows

pytestmark = pytest.mark.django_db

ADDRESS = "/dates/UVES/2012-05-09/"


def body(client, address=ADDRESS):
    return " ".join(client.get(address).content.decode().split())


@pytest.fixture
def three():
    stamps = [f"UVES.2012-05-10T0{n}:00:00.000" for n in (1, 2, 3)]
    good, bad, waiting = (rows.job(stamp=stamp) for stamp in stamps)
    rows.attempted(good)
    rows.put(bad, JobState.FAILED, Reason.NO_SIGNAL, "Nothing but noise.", processing_flags=2, seconds=200.0)
    return good, bad, waiting


def names(shown):
    return re.findall(r'class="name" href="/abs/([^"]+)/"', shown)


def test_failures_stand_on_top_and_what_is_done_at_the_end(viewer, three):
    good, bad, waiting = (row.block.name for row in three)

    assert names(body(viewer)) == [bad, waiting, good]


def test_jobs_can_be_filtered_by_state(viewer, three):
    assert names(body(viewer, f"{ADDRESS}?state=FAILED")) == [three[1].block.name]


def test_a_filter_that_fits_nothing_says_so(viewer, three):
    assert "No job is in this state" in body(viewer, f"{ADDRESS}?state=LOST")


@pytest.mark.parametrize(("sort", "order"), [("ab", [0, 1, 2]), ("flags", [1, 0, 2]), ("seconds", [1, 0, 2])])
def test_jobs_can_be_sorted(viewer, three, sort, order):
    assert names(body(viewer, f"{ADDRESS}?sort={sort}")) == [three[i].block.name for i in order]


@pytest.mark.parametrize("query", ["state=BROKEN", "sort=colour"])
def test_a_state_or_sort_that_does_not_exist_is_not_found(viewer, three, query):
    assert viewer.get(f"{ADDRESS}?{query}").status_code == 404


def test_a_job_is_shown_with_setup_mode_reason_flags_signal_and_time(viewer, three):
    shown = body(viewer)

    assert "RED580_1x1" in shown
    assert "ECHELLE" in shown
    assert "Nothing but noise." in shown
    assert '<span title="REDL">21.5</span> / <span title="REDU">22.5</span>' in shown
    assert "70 s" in shown


def test_waiting_jobs_say_what_they_wait_for(viewer, three):
    assert "its calibrations are not here yet" in body(viewer)


def test_a_held_date_says_since_when_and_why(viewer, three):
    ProcessingDate.objects.update(state="HELD", reason="disk full", held="2012-05-10T20:00:00Z")

    assert "2012-05-10 20:00:00 UTC</time>: disk full" in body(viewer)
