"""When a campaign will be done, from what its jobs were predicted to take and took."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Sum
from django.utils import timezone

from monitor.bottlenecks import pauses
from processing.core.eta import Course, Done, Eta, Left, done, eta
from processing.core.schedule import Window, read_window
from processing.core.states import CampaignState, JobState
from processing.models import Campaign, Instrument, Job, Worker
from processing.models.census import Census

SAMPLE = 2000
"""So many jobs, those that were claimed last, tell how well the predictions hold."""
LIVING = (CampaignState.RUNNING, CampaignState.PAUSED)


def outlook(campaign: Campaign, found: Census) -> Eta | None:
    """When it will be done; None of the day-to-day stream, and of one that has ended or not begun.  Five queries.

    Pauses do not count as time in which nothing was done.
    """
    if campaign.endless or campaign.state not in LIVING or campaign.begun is None:
        return None
    now = timezone.now()
    lost = sum(end - start for start, end in pauses(campaign))
    begun = min(campaign.begun + timedelta(seconds=lost), now)
    slots = Worker.objects.all().alive().aggregate(all=Sum("slots"))["all"] or settings.WORKERS
    return eta(finished(campaign, found), unfinished(campaign, found, now), Course(begun, now, hours(campaign), slots))


def hours(campaign: Campaign) -> Window:
    """The campaign's window, or else that of its instruments if they share one, or else the site's."""
    if campaign.hours:
        return campaign.hours
    found = {row.hours for row in Instrument.objects.filter(pk__in=campaign.instruments)}
    return found.pop() if len(found) == 1 else read_window(settings.PHOENIX["WINDOW"])


def finished(campaign: Campaign, found: Census) -> Done:
    """All jobs that had a worker, by a sample of them."""
    rows = Job.objects.filter(campaign=campaign, claimed__isnull=False, processed__isnull=False, started__isnull=False)
    columns = ("expected_seconds", "started", "processed")
    sample = done(
        (predicted, (processed - started).total_seconds())
        for predicted, started, processed in rows.order_by("-claimed").values_list(*columns)[:SAMPLE]
    )
    jobs, predicted = sum(group.done for group in found.groups), sum(group.done_seconds for group in found.groups)
    if not sample.predicted or not predicted:
        return Done()
    scale = predicted / sample.predicted
    return Done(
        jobs,
        predicted,
        sample.actual * scale,
        sample.predicted_squares * scale,
        sample.actual_squares * scale,
        sample.products * scale,
    )


def unfinished(campaign: Campaign, found: Census, now: datetime) -> Left:
    """What waits and what runs."""
    left = [group for group in found.groups if group.state in (JobState.WAITING, JobState.RUNNING)]
    running = Job.objects.filter(campaign=campaign, state=JobState.RUNNING).values_list("started", flat=True)
    return Left(
        sum(group.jobs for group in left),
        sum(group.seconds for group in left),
        sum(group.squares for group in left),
        max((group.longest for group in left), default=0.0),
        sum((now - started).total_seconds() for started in running if started),
    )
