"""The pages: tonight, a processing date, an AB with the pictures of its products."""

import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from monitor import archived, attempt, board
from monitor.marks import JOB_MARKS
from monitor.pages import gantt_plot, log
from monitor.pages.guards import page
from monitor.tallies import tallies
from processing import control
from processing.core.errors import BadAB
from processing.core.states import UNFINISHED, DateState, JobState
from processing.models import AssociationBlock, Job, ProcessingDate, Product

NIGHTS, LOOKS = 15, 20


@page
def tonight(request: HttpRequest) -> HttpResponse:
    """Is it allowed to run, is it running, does anything need a person?"""
    nights = board.nights(NIGHTS)
    live = any(night.tally.unfinished or night.date.state != DateState.FINISHED for night in nights)
    context = {"nights": nights, "looks": board.needs_a_look(LOOKS), "live": live}
    return render(request, "monitor/tonight.html", context)


@page
def processing_date(request: HttpRequest, instrument: str, day: datetime.date) -> HttpResponse:
    """One instrument's DFO date: phases, counters, all its jobs."""
    try:
        date = board.date_of(instrument, day)
    except ProcessingDate.DoesNotExist:
        raise Http404(f"There is no processing date {instrument} {day}.") from None
    state = chosen(request, "state", JobState.__members__)
    sort = chosen(request, "sort", board.SORTS) or "state"
    counted = tallies([date])[date.pk]
    context = {
        "date": date,
        "tally": counted,
        "waiting": waiting(date) if counted.waiting else "",
        "gantt": gantt_plot.of(date),
        "jobs": board.jobs_of(date, state, sort),
        "limit": board.LIMIT,
        "chosen": state,
        "chosen_mark": JOB_MARKS.get(state),
        "sort": sort,
        "sorts": list(board.SORTS),
        "live": counted.unfinished or date.state != DateState.FINISHED,
    }
    return render(request, "monitor/date.html", context)


def waiting(date: ProcessingDate) -> str:
    """What the jobs of a date wait for, by the example of the first."""
    job = board.first_waiting(date)
    return control.why_waiting(job) if job else ""


def chosen(request: HttpRequest, parameter: str, allowed: Any) -> str:
    """A parameter of the address with a closed list of values; not found for any other value."""
    value = request.GET.get(parameter, "")
    if value and value not in allowed:
        raise Http404(f"{parameter}={value} is not one of {', '.join(allowed)}.")
    return value


@page
def block(request: HttpRequest, name: str) -> HttpResponse:
    """One AB and its attempt."""
    try:
        found = AssociationBlock.objects.select_related("date__instrument").named(name)
    except AssociationBlock.DoesNotExist:
        raise Http404(f"There is no AB {name}.") from None
    jobs = list(found.jobs.select_related("campaign", "certificate").order_by("-id"))
    job = next((job for job in jobs if job.campaign.name == request.GET.get("campaign")), next(iter(jobs), None))
    context = {"association_block": found, "date": found.date, "jobs": jobs, "raws": found.raws.all(), "job": job}
    return render(request, "monitor/ab.html", context | content(found, job) | (details(found, job) if job else {}))


def content(found: AssociationBlock, job: Job | None) -> dict[str, Any]:
    """What the AB's text says; after a change of the column layout it may not be readable any more."""
    try:
        ab = found.value
        associations = attempt.associations(ab, job)
        return {"ab": ab, "associations": associations, "used": sum(row.used for row in associations)}
    except BadAB as bad:
        return {"unreadable": str(bad)}


def details(found: AssociationBlock, job: Job) -> dict[str, Any]:
    """What the attempt left behind."""
    job.block, job.date = found, found.date
    chips, parameters = attempt.parameters(job)
    recorded, shown = attempt.log(job), archived.shown(job)
    return {
        "meaning": attempt.meaning(job),
        "waiting": control.why_waiting(job),
        "phases": attempt.phases(job),
        "scores": job.scores.all(),
        "chips": chips,
        "parameters": parameters,
        "command": recorded.command,
        "log": log.view(recorded.text),
        "shown": shown,
        "products": [row.product for row in shown if row.product],
        "duplicates": any(row.twins for row in shown),
        "events": attempt.events(job),
        "live": job.state in UNFINISHED,
    }


@page
def preview(_request: HttpRequest, name: str, dp_id: str) -> HttpResponse:
    """The picture of a product, a PNG and nothing else; of a spectrum the page has a drawing of its own."""
    blocks = AssociationBlock.objects.filter(name__in=(name, f"{name}.ab"))
    product = Product.objects.select_related("ingestion").filter(dp_id=dp_id, job__block__in=blocks).first()
    pixels = archived.picture(product) if product else None
    if pixels is None:
        raise Http404(f"{name} has no product {dp_id} with a picture.")
    return HttpResponse(pixels, content_type="image/png")
