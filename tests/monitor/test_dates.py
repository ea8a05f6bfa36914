"""The page of a processing date."""

import re
from urllib.parse import quote

import pytest

from monitor import dates
from processing.core.states import JobState, Reason
from processing.models import AssociationBlock, Job, ProcessingDate
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


@pytest.mark.parametrize(("sought", "found"), [("T02:00", [1]), ("t02:00", [1]), ("red580", [1, 2, 0]), ("%", [])])
def test_jobs_can_be_filtered_by_a_part_of_name_or_setup(viewer, three, sought, found):
    assert names(body(viewer, f"{ADDRESS}?q={quote(sought)}")) == [three[i].block.name for i in found]


def test_a_filter_by_text_and_one_by_state_hold_together_and_stay_while_sorting(viewer, three):
    shown = body(viewer, f"{ADDRESS}?q=RED580&state=FAILED")

    assert names(shown) == [three[1].block.name]
    assert "?q=RED580&amp;state=FAILED&amp;sort=seconds" in shown
    assert '<input type="hidden" name="state" value="FAILED" />' in shown


def test_a_text_that_fits_nothing_says_so_and_is_shown_as_text(viewer, three):
    shown = body(viewer, f"{ADDRESS}?q=%3Cb%3E")

    assert "No job fits" in shown
    assert "“&lt;b&gt;”" in shown
    assert "<b>”" not in shown


@pytest.mark.parametrize("query", [f"q={'x' * 129}", "q=%00", "page=0", "page=2", "page=x", "page=99999", "page=-1"])
def test_a_text_or_page_that_cannot_be_is_not_found(viewer, three, query):
    assert viewer.get(f"{ADDRESS}?{query}").status_code == 404


def test_many_jobs_have_several_pages_and_say_so(viewer, three, monkeypatch):
    monkeypatch.setattr(dates, "LIMIT", 2)
    first, second = body(viewer), body(viewer, f"{ADDRESS}?page=2")

    assert "1 to 2 of 3 jobs" in first
    assert '?page=2">next</a>' in first
    assert "3 to 3 of 3 jobs" in second
    assert [*names(first), *names(second)] == [three[i].block.name for i in (1, 2, 0)]


def test_a_job_is_escaped_wherever_it_speaks(viewer, three):
    evil = "<script>x</script>"
    Job.objects.update(sentence=evil)
    AssociationBlock.objects.update(setup=evil, tech=evil)

    assert evil not in body(viewer)
    assert body(viewer).count("&lt;script&gt;x") == 9
