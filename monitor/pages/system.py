"""The page of the engine, and those that set a window and end a hold."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from monitor import disks, events, halts, holds, hosts, notices
from monitor import system as engine
from monitor.pages.guards import form_page, page
from processing import control
from processing.models import Instrument

LATEST = 10


@page
def system(request: HttpRequest) -> HttpResponse:
    """When does it run, what kept it lately, who works, on what, what waits, how much room is there?"""
    workers, tasks = list(hosts.workers()), engine.tasks()
    alone = hosts.products_alone(workers)
    context = {
        "workers": workers,
        "common": hosts.common_version(workers),
        "tasks": tasks,
        "queues": hosts.queues(workers, [one.host for one in alone]),
        "alone": alone,
        "disks": disks.ledger(workers),
        "archived": disks.archived(),
        "stops": halts.stops(LATEST),
        "holds": halts.holds(LATEST),
        "events": events.described(events.found()[:LATEST]),
        "notices": notices.latest(LATEST),
        "failed": notices.failed(),
        "versions": engine.versions(),
        "software": engine.software(),
        "latest": LATEST,
        "live": True,
    }
    return render(request, "monitor/system.html", context)


@form_page("processing.change_instrument")
def window(request: HttpRequest, instrument: str) -> HttpResponse:
    """Ask for a window; with one (GET), what it would mean; with a POST, set it."""
    row = found(instrument)
    given = request.POST if request.method == "POST" else request.GET
    wanted = given["window"].strip() if "window" in given else None
    context: dict[str, Any] = {"instrument": row, "wanted": wanted}
    try:
        if wanted is not None:
            context["change"] = engine.change(row, wanted)
            if request.method == "POST":
                row = control.set_window(instrument, wanted, request.user.get_username())
                messages.success(request, f"The window of {row} is {row.hours}.")
                return redirect("system")
    except ValueError as error:
        context["error"] = str(error)
    wrong = "error" in context or request.method == "POST"
    return render(request, "monitor/window.html", context, status=HTTPStatus.BAD_REQUEST if wrong else HTTPStatus.OK)


@form_page("processing.change_stop")
def try_again(request: HttpRequest, instrument: str) -> HttpResponse:
    """What holds an instrument, and the way to go on before phoenix itself looks again."""
    row = found(instrument)
    if request.method == "POST":
        ended = control.release_holds(instrument, request.user.get_username())
        went_on = f"{instrument} is tried again: holds ended: {ended}."
        messages.success(request, went_on if ended else f"Nothing holds {instrument} any more.")
        return redirect("tonight")
    lasting = holds.by_instrument().get(instrument, ())
    context = {"instrument": row, "holds": lasting, "dates": engine.held_dates(row)}
    return render(request, "monitor/try.html", context)


def found(instrument: str) -> Instrument:
    """The instrument of this name."""
    row = Instrument.objects.filter(pk=instrument).first()
    if row is None:
        raise Http404(f"There is no instrument {instrument}.")
    return row
