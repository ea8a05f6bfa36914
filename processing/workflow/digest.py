"""The digest of a morning: what became of the last day's jobs, what waits, and when it goes on."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from django.db.models import Count, Q

from processing.core.states import ENDED, TROUBLE, JobState
from processing.models import Hold, Instrument, Job, Stop


def text(now: datetime) -> str:
    """A paragraph of plain text per instrument."""
    since = now - timedelta(days=1)
    jobs = Job.objects.filter(Q(state__in=ENDED, ended__gte=since) | ~Q(state__in=ENDED)).order_by()
    counts: dict[str, dict[str, int]] = {}
    for instrument, state, number in jobs.values_list("date__instrument", "state").annotate(Count("id")):
        counts.setdefault(instrument, {})[state] = number
    head = f"From {since:%Y-%m-%d %H:%M} to {now:%Y-%m-%d %H:%M} UTC:"
    rows = [" ".join(line(row, counts.get(row.name, {}), now)) for row in Instrument.objects.all()]
    return "\n".join([head, *(rows or ["No instrument yet: nothing is registered."])])


def line(instrument: Instrument, counts: Mapping[str, int], now: datetime) -> Iterator[str]:
    """What became of its jobs, and what keeps it."""

    def number(*states: str) -> int:
        return sum(counts.get(state, 0) for state in states)

    yield f"{instrument}: {number(JobState.INGESTED)} done, {number(*TROUBLE)} failed,"
    yield f"{number(JobState.SKIPPED)} skipped, {number(JobState.REJECTED)} not executable,"
    yield f"{number(JobState.WAITING)} wait, {number(JobState.RUNNING, JobState.PROCESSED)} under way."
    if Stop.objects.all().of(instrument).exists():
        yield "It is stopped."
    elif Hold.objects.all().active().filter(instrument=instrument).exists():
        yield "It is held."
    elif instrument.hours.is_open(now):
        yield "Its window is open."
    else:
        yield f"Its window opens at {instrument.hours.next_opening(now):%Y-%m-%d %H:%M} UTC."
