"""The page of times: predicted against actual, phases, recipes, the slowest jobs."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from monitor import bottlenecks, trends
from monitor import timing as times
from monitor.pages import asked, timing_plots
from monitor.pages.guards import page
from monitor.templatetags.phoenix import duration
from monitor.timing import COSTS, PHASES, Night, Setup, Timing
from processing.core.bottlenecks import Cause


@page
def timing(request: HttpRequest) -> HttpResponse:
    """Of one instrument, the last 30 nights or those of a range; five queries."""
    known = trends.instruments()
    if not known:
        return render(request, "monitor/timing.html", {"empty": True})
    instrument = asked.word(request, "instrument", known) or max(known, key=lambda name: known[name])
    first, last = asked.day(request, "from"), asked.day(request, "to")
    asked.order(first or date.min, last or date.max)
    nights = times.nights_of(instrument, first, last)
    context = {
        "instruments": known,
        "instrument": instrument,
        "first": first or (nights[-1].date if nights else None),
        "last": last or (nights[0].date if nights else None),
        "phases": PHASES,
        "most": {"jobs": times.MOST_JOBS, "nights": times.MOST_NIGHTS, "setups": times.MOST_SETUPS},
    }
    return render(request, "monitor/timing.html", context | drawn(times.timing(nights) if nights else None))


def drawn(found: Timing | None) -> dict[str, Any]:
    """Pictures and rows; nothing if no job was ever claimed in these nights."""
    if found is None or not found.nights:
        return {}
    return {
        "timing": found,
        "makespans": timing_plots.makespans(found.nights),
        "costs": timing_plots.stacks(found.nights, COSTS, "costs", timing_plots.HEIGHT),
        "queue": timing_plots.stacks(found.nights, ("queue",), "queue", timing_plots.LOW),
        "rows": [(night, [night.phases[phase] for phase in PHASES]) for night in reversed(found.nights)],
        "dominating": dominating(found),
        "waiting": waiting(found.nights),
        "went": bottlenecks.of_nights(found.courses),
        "causes": list(Cause),
        "setups": histograms(found.setups),
    }


def histograms(setups: Sequence[Setup]) -> list[tuple[Setup, Any]]:
    """The setups that took most time, each with its histogram; all on the same axis."""
    shown = setups[: times.MOST_SETUPS]
    longest = max((setup.p95 for setup in shown), default=0.0) * 1.15
    return [(setup, timing_plots.histogram(setup, n, longest)) for n, setup in enumerate(shown)]


def dominating(found: Timing) -> str:
    """One sentence: which phase costs most, and which recipe most of all."""
    totals = {phase: found.totals[phase] for phase in COSTS}
    whole, most = sum(totals.values()), max(COSTS, key=lambda phase: totals[phase])
    if not whole:
        return "What a job costs was not measured in these nights."
    sentence = f"The dominating cost: {PHASES[most]}, {100 * totals[most] / whole:.0f} % of the time of a job"
    sentence += f" ({duration(totals[most])} of {duration(whole)} in {found.jobs} jobs)"
    if most == "recipe" and found.setups:
        top = found.setups[0]
        sentence += f"; {100 * top.total / totals[most]:.0f} % of that is {top.recipe} {top.setup}"
    return f"{sentence}."


def waiting(nights: Sequence[Night]) -> str:
    """One sentence: how long a job waited on average for a worker."""
    jobs = sum(night.jobs for night in nights)
    return f"Before, it waited {duration(sum(night.totals['queue'] for night in nights) / jobs)} for a free worker."
