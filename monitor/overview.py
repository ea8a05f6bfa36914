"""A campaign in numbers, made anew when that is cheap."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache

from monitor import bottlenecks, campaigns
from monitor.outlook import outlook
from processing.core.eta import Eta
from processing.models import Campaign
from processing.models.census import census, kept

PART, LONGEST = 0.02, 60.0
"""The part of the time that is spent on counting, and the longest that a number is kept, in s."""


@dataclass(frozen=True)
class Overview:
    """All that is counted on the page of a campaign."""

    parts: Sequence[campaigns.Part]
    rate: campaigns.Rate
    eta: Eta | None
    time: bottlenecks.Found | None
    reasons: Sequence[tuple[str, str, int]]
    at: datetime
    """When its jobs were counted."""


def overview(campaign: Campaign) -> Overview:
    """As it was a minute ago at most; without a query if it is kept."""
    key = f"campaign-{campaign.pk}-{campaign.state}"
    found = cache.get(key)
    if not isinstance(found, Overview):
        begun = time.perf_counter()
        found = counted(campaign)
        took = time.perf_counter() - begun
        # The numbers of a large campaign are not newer a moment later.
        cache.set(key, found, LONGEST if kept(campaign) else min(took / PART, LONGEST))
    return found


def counted(campaign: Campaign) -> Overview:
    """As it is now, or as the sweep has counted it if it is large."""
    found = census(campaign)
    return Overview(
        campaigns.parts(found),
        campaigns.rate(campaign),
        outlook(campaign, found),
        None if campaign.endless else bottlenecks.of_campaign(campaign),
        [] if campaign.endless else campaigns.reasons(found),
        found.time,
    )
