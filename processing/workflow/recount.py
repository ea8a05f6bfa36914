"""Counts the jobs of campaigns now and then, and keeps the numbers for the pages."""

from datetime import timedelta

from django.utils import timezone

from processing.core.states import CampaignState
from processing.models import Campaign, Event, Job
from processing.models.census import KEPT, Census, read, take

EVERY, PART = timedelta(minutes=1), 200
"""The least time between two counts, and how many times as long as a count takes it is at least."""
# The time of an event is older than its commit.
COMMIT = timedelta(minutes=1)


def recount() -> int:
    """Count again what may have changed; safe to repeat at any time.  Returns how many were counted."""
    rows = Campaign.objects.exclude(state=CampaignState.DRAFT).defer("names", "missing")
    return sum(renewed(row, read(row)) for row in rows)


def renewed(campaign: Campaign, known: Census | None) -> bool:
    """Count one campaign if it is time; what nothing has happened to is good for longer."""
    if known:
        age = timezone.now() - known.time
        over = known.is_over and not campaign.endless
        if over or age < max(EVERY, timedelta(seconds=PART * known.took)):
            return False
        if not Event.objects.filter(at__gt=known.time - COMMIT, subject=Job.subject).exists():
            if age > KEPT / 2:
                keep(campaign, known.as_of(timezone.now()))
            return False
    keep(campaign, take(campaign))
    return True


def keep(campaign: Campaign, found: Census) -> None:
    """For the pages."""
    Campaign.objects.filter(pk=campaign.pk).update(census=found.value)
