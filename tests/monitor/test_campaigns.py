"""The pages of campaigns: what is there, and how far it is."""

from datetime import timedelta

import pytest
from django.utils import timezone

from monitor import campaigns
from processing.core.states import CampaignState, JobState
from processing.models import Campaign, Job
from tests.monitor import rows
from tests.monitor.test_system import told

pytestmark = pytest.mark.django_db

LIST = "/campaigns/"


def page_of(name="day-to-day"):
    return f"/campaigns/{Campaign.objects.get(name=name).pk}/"


def test_an_empty_site_has_the_day_to_day_stream_and_says_what_is_not_there(viewer):
    shown = told(viewer, LIST)

    assert "day-to-day running No job yet. Every AB that is registered gets one here." in shown
    assert "an administrator can make one" in shown


def test_a_campaign_is_shown_with_its_jobs_by_state_and_its_progress(viewer):
    row = rows.attempted(rows.job())
    rows.again(row)
    rows.put(rows.again(rows.job(rows.CELL)), JobState.FAILED)
    Job.objects.filter(campaign__name="again 1").update(campaign=Campaign.objects.get(name="again 2"))
    shown = told(viewer, LIST)

    assert shown.index("day-to-day") < shown.index("again 2") < shown.index("again 1")
    assert "2 jobs so far, 1 unfinished 1 ingested 1 waiting" in shown
    assert "100 % of 2 jobs have ended 1 ingested 1 failed" in shown
    assert "an administrator can make one" not in shown


def test_a_campaign_that_is_all_but_done_is_not_called_done():
    tally = campaigns.counted({JobState.INGESTED: 999, JobState.RUNNING: 1})

    assert campaigns.Progress(Campaign(name="x"), tally).percent == 99


def test_a_page_has_the_instruments_the_rate_and_what_is_left(viewer):
    ended = timezone.now() - timedelta(minutes=20)
    for row in rows.night(3)[:2]:
        Job.objects.filter(pk=row.pk).update(ended=ended)
    Job.objects.filter(pk=row.pk).update(ended=timezone.now() - timedelta(hours=3))
    rows.job(rows.CELL)
    shown = told(viewer, page_of())

    assert "jobs 4, 1 unfinished ended in the last hour 2 ended in the last day 3" in shown
    assert "at the rate of the last hour 30 min left" in shown
    assert "UVES 2012-05-09 to 2012-05-10 4 3 ingested 1 waiting" in shown


def test_without_a_rate_nothing_is_said_of_the_rest(viewer):
    rows.job()

    assert "no job ended, so nothing can be said" in told(viewer, page_of())


@pytest.mark.parametrize("state", CampaignState)
def test_every_state_of_a_campaign_has_its_mark(viewer, state):
    Campaign.objects.create(name="uves-2003", state=state)

    assert f"uves-2003 {state.lower()}" in told(viewer, page_of("uves-2003"))


def test_a_campaign_that_nobody_knows_is_not_found(viewer):
    assert viewer.get("/campaigns/4711/").status_code == 404


@pytest.mark.parametrize("number", [1, 6])
def test_pages_cost_the_same_however_many_jobs_there_are(viewer, django_assert_max_num_queries, number):
    rows.night(number)
    for address, queries in ((LIST, 15), (page_of(), 16)):
        with django_assert_max_num_queries(queries):
            viewer.get(address)
