"""When a campaign will be done, from what its jobs were predicted to take and took."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, F, Max, Sum
from django.utils import timezone

from monitor.bottlenecks import pauses
from processing.core.eta import Course, Done, Eta, Left, done, eta
from processing.core.schedule import Window, read_window
from processing.core.states import CampaignState, JobState
from processing.models import Campaign, Instrument, Job, Worker

SAMPLE = 2000
"""So many jobs, those that were claimed last, tell how well the predictions hold."""
LIVING = (CampaignState.RUNNING, CampaignState.PAUSED)


def outlook(campaign: Campaign) -> Eta | None:
    """When it will be done; None of the day-to-day stream, and of one that has ended or not begun.  Six queries.

    Pauses do not count as time in which nothing was done.
    """
    if campaign.endless or campaign.state not in LIVING or campaign.begun is None:
        return None
    now = timezone.now()
    lost = sum(end - start for start, end in pauses(campaign))
    begun = min(campaign.begun + timedelta(seconds=lost), now)
    slots = Worker.objects.all().alive().aggregate(all=Sum("slots"))["all"] or settings.WORKERS
    return eta(finished(campaign), unfinished(campaign, now), Course(begun, now, hours(campaign), slots))


def hours(campaign: Campaign) -> Window:
    """The campaign's window, or else that of its instruments if they share one, or else the site's."""
    if campaign.hours:
        return campaign.hours
    found = {row.hours for row in Instrument.objects.filter(pk__in=campaign.instruments)}
    return found.pop() if len(found) == 1 else read_window(settings.PHOENIX["WINDOW"])


def finished(campaign: Campaign) -> Done:
    """All jobs that had a worker, by a sample of them."""
    rows = Job.objects.filter(campaign=campaign, processed__isnull=False, started__isnull=False)
    sums = rows.aggregate(jobs=Count("id"), predicted=Sum("expected_seconds"))
    columns = ("expected_seconds", "started", "processed")
    sample = done(
        (predicted, (processed - started).total_seconds())
        for predicted, started, processed in rows.order_by("-claimed").values_list(*columns)[:SAMPLE]
    )
    if not sample.predicted:
        return Done()
    scale = sums["predicted"] / sample.predicted
    return Done(
        sums["jobs"],
        sums["predicted"],
        sample.actual * scale,
        sample.predicted_squares * scale,
        sample.actual_squares * scale,
        sample.products * scale,
    )


def unfinished(campaign: Campaign, now: datetime) -> Left:
    """What waits and what runs."""
    rows = Job.objects.filter(campaign=campaign, state__in=(JobState.WAITING, JobState.RUNNING))
    square = Sum(F("expected_seconds") * F("expected_seconds"))
    sums = rows.aggregate(jobs=Count("id"), all=Sum("expected_seconds"), squares=square, most=Max("expected_seconds"))
    running = rows.filter(state=JobState.RUNNING).values_list("started", flat=True)
    elapsed = sum((now - started).total_seconds() for started in running if started)
    return Left(sums["jobs"], sums["all"] or 0.0, sums["squares"] or 0.0, sums["most"] or 0.0, elapsed)
