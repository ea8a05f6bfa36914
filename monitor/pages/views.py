"""The pages: tonight, a processing date, an AB with the pictures of its products."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from monitor import archived, attempt, board, dates
from monitor.context import prepared
from monitor.marks import JOB_MARKS
from monitor.pages import gantt_plot, log
from monitor.pages.guards import page
from monitor.pages.jobs import rows
from monitor.tallies import total
from processing.core.errors import BadAB
from processing.core.states import UNFINISHED, DateState, JobState
from processing.models import AssociationBlock, Job, ProcessingDate, Product

LOOKS = 20
LONGEST_SEARCH = 128
MOST_DIGITS = 4


@page
def tonight(request: HttpRequest) -> HttpResponse:
    """Is it allowed to run, is it running, does anything need a person?"""
    nights = board.nights()
    live = any(night.tally.unfinished or night.date.state != DateState.FINISHED for night in nights)
    shown = total(night.tally for night in nights)
    context = {"nights": nights, "shown": shown, "looks": board.looks(LOOKS), "live": live}
    return render(request, "monitor/tonight.html", context)


@page
def processing_date(request: HttpRequest, instrument: str, day: datetime.date) -> HttpResponse:
    """One instrument's DFO date: phases, counters, all its jobs."""
    try:
        date = dates.date_of(instrument, day)
    except ProcessingDate.DoesNotExist:
        raise Http404(f"There is no processing date {instrument} {day}.") from None
    state = chosen(request, "state", JobState.__members__)
    sort = chosen(request, "sort", dates.SORTS) or "state"
    sought, number = search(request), page_number(request)
    counted = dates.tally_of(date)
    jobs = dates.listed(date, state, sought, sort, number - 1)
    if number > 1 and not jobs:
        raise Http404(f"There is no page {number} of these jobs.")
    whole = number == 1 and len(jobs) < dates.LIMIT
    context = {
        "date": date,
        "tally": counted,
        "waiting": waiting(request, date, jobs),
        "gantt": gantt_plot.of(date, jobs if whole and not (state or sought) else None),
        "rows": rows(jobs),
        "part": Part(number, len(jobs) if whole else dates.jobs_of(date, state, sought).count()),
        "chosen": state,
        "chosen_mark": JOB_MARKS.get(state),
        "sought": sought,
        "sort": sort,
        "sorts": list(dates.SORTS),
        "live": counted.unfinished or date.state != DateState.FINISHED,
    }
    return render(request, "monitor/date.html", context)


@dataclass(frozen=True)
class Part:
    """Which part of a long list is shown; pages and rows are counted from 1."""

    page: int
    rows: int
    """Of the whole list."""

    @property
    def first(self) -> int:
        """The first row that is shown."""
        return (self.page - 1) * dates.LIMIT + 1

    @property
    def last(self) -> int:
        """The last one."""
        return min(self.page * dates.LIMIT, self.rows)

    @property
    def previous(self) -> int | None:
        """The page before this one."""
        return self.page - 1 or None

    @property
    def next(self) -> int | None:
        """The page after this one."""
        return self.page + 1 if self.last < self.rows else None


def waiting(request: HttpRequest, date: ProcessingDate, jobs: Sequence[Any]) -> str:
    """What the jobs of a date wait for, by the example of the first of those that are shown; one query if they do."""
    first = next((job.pk for job in jobs if job.state == JobState.WAITING), None)
    if first is None:
        return ""
    job = Job.objects.select_related("block", "campaign", "certificate").get(pk=first)
    job.date = date
    return board.why_waiting(job, prepared(request), hosts=False)


def search(request: HttpRequest) -> str:
    """The text that is looked for; not found for one that no database takes."""
    sought = request.GET.get("q", "").strip()
    if len(sought) > LONGEST_SEARCH or "\0" in sought:
        raise Http404(f"q must be a text of at most {LONGEST_SEARCH} characters.")
    return sought


def page_number(request: HttpRequest) -> int:
    """The page of a long list; not found for what is no page."""
    text = request.GET.get("page", "1")
    if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS and int(text)):
        raise Http404("page must be a number from 1 to 9999.")
    return int(text)


def chosen(request: HttpRequest, parameter: str, allowed: Any) -> str:
    """A parameter of the address with a closed list of values; not found for any other value."""
    value = request.GET.get(parameter, "")
    if value and value not in allowed:
        raise Http404(f"{parameter}={value} is not one of {', '.join(allowed)}.")
    return value


@page
def block(request: HttpRequest, name: str) -> HttpResponse:
    """One AB and its attempt."""
    found = attempt.block(name)
    if found is None:
        raise Http404(f"There is no AB {name}.")
    jobs = attempt.jobs(found)
    job = next((job for job in jobs if job.campaign.name == request.GET.get("campaign")), next(iter(jobs), None))
    context = {"association_block": found, "date": found.date, "jobs": jobs, "raws": attempt.raws(found), "job": job}
    return render(
        request, "monitor/ab.html", context | content(found, job) | (details(request, found, job) if job else {})
    )


def content(found: AssociationBlock, job: Job | None) -> dict[str, Any]:
    """What the AB's text says; after a change of the column layout it may not be readable any more."""
    try:
        ab = found.value
        associations = attempt.associations(ab, job)
        return {"ab": ab, "associations": associations, "used": sum(row.used for row in associations)}
    except BadAB as bad:
        return {"unreadable": str(bad)}


def details(request: HttpRequest, found: AssociationBlock, job: Job) -> dict[str, Any]:
    """What the attempt left behind."""
    job.date = found.date
    chips, parameters = attempt.parameters(attempt.measured(job))
    # What waits has brought nothing yet.
    row, shown = attempt.log(job), archived.shown(job) if job.state != JobState.WAITING else []
    recorded = row.kept or row
    return {
        "meaning": attempt.meaning(job),
        "waiting": board.why_waiting(job, prepared(request)) if job.state == JobState.WAITING else "",
        "phases": attempt.phases(job),
        "scores": attempt.scores(job),
        "chips": chips,
        "parameters": parameters,
        "command": recorded.command,
        "log": log.view(recorded.text),
        "old_log": row,
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
