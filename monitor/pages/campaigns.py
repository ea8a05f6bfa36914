"""The pages of campaigns: the day-to-day stream, and whatever else processes ABs."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from monitor import campaigns
from monitor.pages.guards import page
from processing.core.states import UNFINISHED
from processing.models import Campaign


@page
def everything(request: HttpRequest) -> HttpResponse:
    """All campaigns, each with its progress."""
    rows = campaigns.everything()
    live = any(row.tally.of(UNFINISHED) for row in rows)
    return render(request, "monitor/campaigns.html", {"rows": rows, "live": live})


@page
def one(request: HttpRequest, pk: int) -> HttpResponse:
    """One campaign by instrument, with its rate and what is left."""
    row = Campaign.objects.filter(pk=pk).first()
    if row is None:
        raise Http404(f"There is no campaign {pk}.")
    parts, rate = campaigns.parts(row), campaigns.rate(row)
    progress = campaigns.Progress(row, campaigns.whole(parts))
    context = {
        "row": progress,
        "parts": parts,
        "rate": rate,
        "left": rate.left(progress.tally.unfinished),
        "live": bool(progress.tally.unfinished),
    }
    return render(request, "monitor/campaign.html", context)
