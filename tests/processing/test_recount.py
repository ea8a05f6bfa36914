"""What is kept of the jobs of a large campaign, and when they are counted again.

The modules are processing.models.census and processing.workflow.recount.
"""

from datetime import timedelta

import pytest
from django.utils import timezone

from processing.core.states import JobState
from processing.models import Campaign, Event, Job, census
from processing.workflow.recount import keep, recount
from tests.processing.campaigning import begun, of


@pytest.fixture
def large(add, monkeypatch):
    """A campaign with two jobs, which are many."""
    monkeypatch.setattr("processing.models.census.LARGE", 2)
    add(1), add(2)
    Job.objects.update(state=JobState.INGESTED)
    return begun().fresh()


def last(campaign):
    """What was counted last."""
    found = census.read(campaign)
    assert found
    return found


def aged(campaign, **age):
    """Counted so long ago."""
    keep(campaign, last(campaign).as_of(timezone.now() - timedelta(**age)))
    return campaign.fresh()


def waiting(campaign):
    found = census.census(campaign.fresh())
    return sum(group.jobs for group in found.groups if group.state == JobState.WAITING)


def test_a_campaign_is_counted_when_it_has_its_jobs(large):
    assert last(large).jobs == 2
    assert [(group.instrument, group.state, group.jobs) for group in last(large).groups] == [("TESTCAM", "WAITING", 2)]


def test_a_large_campaign_is_as_it_was_counted_until_that_is_too_old(large):
    of(large).update(state=JobState.SKIPPED)

    assert waiting(large) == 2
    assert waiting(aged(large, minutes=6)) == 0


def test_a_small_campaign_is_as_it_is_now(large, monkeypatch):
    monkeypatch.setattr("processing.models.census.LARGE", 3)
    of(large).update(state=JobState.SKIPPED)

    assert waiting(large) == 0


def test_a_sweep_counts_again_what_has_changed_and_not_before_its_time(large):
    recount()
    of(large).update(state=JobState.SKIPPED)
    Event.objects.create(subject="job", subject_id=1, name="x", new="SKIPPED", who="x")

    assert (recount(), waiting(large)) == (0, 2)
    aged(large, seconds=61)
    assert (recount(), waiting(large)) == (1, 0)


def test_what_nothing_has_happened_to_is_not_counted_again_and_stays_good(large):
    recount()
    Event.objects.filter(subject="job").update(at=timezone.now() - timedelta(hours=1))
    old = aged(large, minutes=4)

    assert recount() == 0
    assert last(old.fresh()).time > last(old).time


def test_a_campaign_that_is_over_keeps_its_numbers_for_good(large):
    of(large).update(state=JobState.INGESTED)
    Campaign.objects.filter(pk=large.pk).update(census=None)
    recount()
    old = aged(large.fresh(), days=30)

    assert recount() == 0
    assert census.kept(old)


def test_what_took_long_to_count_is_counted_less_often(large):
    recount()
    Event.objects.create(subject="job", subject_id=1, name="x", new="SKIPPED", who="x")
    Campaign.objects.filter(pk=large.pk).update(census={**large.fresh().census, "took": 1.0})
    aged(large.fresh(), seconds=190)
    assert recount() == 0
    aged(large.fresh(), seconds=210)
    assert recount() == 1


def test_a_draft_is_not_counted_before_it_has_its_jobs(large):
    Campaign.objects.filter(pk=large.pk).update(state="DRAFT", census=None)
    recount()

    assert large.fresh().census is None
