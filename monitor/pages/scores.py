"""The page of scores and QC1 parameters over time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import isfinite
from statistics import median
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from monitor import summaries, trends
from monitor.pages import asked, trend_plot
from monitor.pages.guards import page
from monitor.summaries import Summary
from monitor.trends import Chosen, Parameter, Series, Value
from processing.models import Certificate, Job

RANGE = timedelta(days=89)
LATEST = 20
# Before 1858 no modified Julian date is positive, and no frame was taken.
EARLIEST = date(1900, 1, 1)


@dataclass(frozen=True)
class Flagged:
    """A flagged value in the list; `value` is None for what is no number, thresholds are None where open."""

    job: Job
    value: float | None
    low: float | None
    high: float | None


@page
def scores(request: HttpRequest) -> HttpResponse:
    """One parameter over time, chosen by a form, and all parameters in a few numbers; eight queries."""
    known = trends.instruments()
    if not known:
        return render(request, "monitor/scores.html", {"empty": True})
    chosen = choose(request, known)
    certificates = list(Certificate.objects.filter(instrument=chosen.instrument))
    summed = summaries.summaries(chosen, certificates)
    parameter = choose_parameter(request, summed, certificates)
    series = trends.series(chosen, parameter, certificates)
    context = {"instruments": known, "chosen": chosen, "parameter": parameter, "series": series, "summaries": summed}
    context |= {"setups": trends.setups(chosen), "names": names(summed), "chips": chips(summed, parameter.name)}
    return render(request, "monitor/scores.html", context | drawn(chosen, parameter, series, summed))


def choose(request: HttpRequest, known: Mapping[str, date]) -> Chosen:
    """The jobs that are asked for: by default the last 90 days of the instrument that was processed last."""
    instrument = asked.word(request, "instrument", known) or max(known, key=lambda name: known[name])
    last = asked.day(request, "to") or max(known[instrument], asked.day(request, "from") or EARLIEST)
    first = asked.day(request, "from") or (last - RANGE if last - EARLIEST > RANGE else EARLIEST)
    asked.order(first, last)
    return Chosen(instrument, first, last, asked.text(request, "setup"))


def choose_parameter(request: HttpRequest, summed: Sequence[Summary], certificates: Sequence[Certificate]) -> Parameter:
    """What is drawn: by default the parameter of the one gate, or else the first that was measured."""
    gates = [str(row.content.get("gate_parameter")) for row in certificates if row.content.get("gate_parameter")]
    offered = [row.name for row in summed]
    usual = next((name for name in (*gates, *offered) if name in offered), "")
    name = asked.text(request, "parameter") or usual
    is_score = name in {row.name for row in summed if row.is_score}
    return Parameter(name, is_score, asked.text(request, "chip"))


def names(summed: Sequence[Summary]) -> dict[str, list[str]]:
    """What can be chosen: QC1 parameters, then scores."""
    groups = (("QC1 parameters", False), ("Scores", True))
    return {group: sorted({row.name for row in summed if row.is_score == is_score}) for group, is_score in groups}


def chips(summed: Sequence[Summary], name: str) -> list[str]:
    """The chips on which the parameter was measured."""
    return sorted({row.chip for row in summed if row.name == name and row.chip})


def drawn(chosen: Chosen, parameter: Parameter, series: Series, summed: Sequence[Summary]) -> dict[str, Any]:
    """The picture, the latest flagged values, and where the same is to be had as JSON."""
    unit = next((row.unit for row in summed if row.name == parameter.name and row.unit), "")
    newest = series.newest_flagged(trend_plot.MOST_LINKS)
    jobs = trends.named([one.job for one in newest])
    title = f"{parameter.name} of {chosen.instrument}" + (f" on {parameter.chip}" if parameter.chip else "")
    finite = [one.value for one in series.finite]
    return {
        "plot": trend_plot.trend(series, title, f"{parameter.name} / {unit}" if unit else parameter.name, jobs),
        "median": median(finite) if finite else None,
        "flagged": [flagged(one, jobs) for one in newest[:LATEST]],
        "cut": (chosen.last - chosen.first).days >= trends.MOST_NIGHTS,
        "binned": len(finite) > trend_plot.MOST_POINTS,
        "most": {"nights": trends.MOST_NIGHTS, "points": trend_plot.MOST_POINTS, "jobs": summaries.MOST_JOBS},
        "json": as_json(chosen, parameter),
    }


def flagged(one: Value, jobs: Mapping[int, Job]) -> Flagged:
    """One row of the list."""
    value, low, high = (x if isfinite(x) else None for x in (one.value, one.low, one.high))
    return Flagged(jobs[one.job], value, low, high)


def as_json(chosen: Chosen, parameter: Parameter) -> str:
    """The address of the same values in the API."""
    wanted = {"instrument": chosen.instrument, "name": parameter.name, "chip": parameter.chip, "setup": chosen.setup}
    dates = {"from": chosen.first.isoformat(), "to": chosen.last.isoformat()}
    query = urlencode({key: value for key, value in (wanted | dates).items() if value})
    return f"{reverse('api:scores' if parameter.is_score else 'api:qc1')}?{query}"
