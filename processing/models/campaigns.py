"""Campaigns: the day-to-day stream, back-processings and re-processings."""

from django.db import models

from processing.core.states import CampaignState

DAY_TO_DAY = "day-to-day"


class Campaign(models.Model):
    """A reason to process ABs; each AB has at most one job in it."""

    name = models.CharField(max_length=60, unique=True)
    state = models.CharField(max_length=10, choices=[(s, s) for s in CampaignState], default=CampaignState.DRAFT)
    created = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


def day_to_day() -> Campaign:
    """The stream that new ABs go to."""
    return Campaign.objects.get_or_create(name=DAY_TO_DAY, defaults={"state": CampaignState.RUNNING})[0]
