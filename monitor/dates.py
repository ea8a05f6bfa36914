"""One processing date as its page shows it: its jobs counted, and page by page."""

import datetime
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

from django.db.models import Case, Count, F, IntegerField, OrderBy, OuterRef, Q, QuerySet, Value, When
from django.db.models.fields.json import KeyTextTransform

from monitor.nested import Number, Rows
from monitor.tallies import Tally, complete
from processing.core.states import TROUBLE, JobState
from processing.models import Job, ProcessingDate, Product, Qc1Parameter
from processing.models.composed import Composed, ComposedObjects, Given

# A longer list of jobs has several pages.
LIMIT = 200


def date_of(instrument: str, day: datetime.date) -> ProcessingDate:
    """One date with the number of its jobs `by_state`; raises `DoesNotExist`.  One query."""
    for date in _DATE.ask(instrument=instrument, day=day):
        return date
    raise ProcessingDate.DoesNotExist


def _date() -> QuerySet[ProcessingDate]:
    counted = Job.objects.filter(date=OuterRef("pk")).order_by().values("state").annotate(number=Count("pk"))
    dates = ProcessingDate.objects.select_related("instrument").annotate(by_state=Rows(counted, "state", "number"))
    return dates.filter(instrument=Given("instrument"), date=Given("day"))


_DATE = ComposedObjects(_date)


def tally_of(date: Any) -> Tally:
    """Of a `date_of`; no query."""
    if date.final is not None:
        return complete(date.final)
    return complete({row["state"]: row["number"] for row in date.by_state})


# What needs a look stands on top, what is as intended at the end.
URGENCY: Sequence[Collection[JobState]] = (
    TROUBLE,
    (JobState.RUNNING,),
    (JobState.PROCESSED,),
    (JobState.WAITING,),
    (JobState.REJECTED, JobState.SKIPPED),
)


def urgency() -> Case:
    """0 for what needs a look first."""
    whens = [When(state__in=states, then=Value(rank)) for rank, states in enumerate(URGENCY)]
    return Case(*whens, default=Value(len(URGENCY)), output_field=IntegerField())


# What the table of jobs shows, and the picture of their workers.
LISTED = (
    *("pk", "state", "reason", "sentence", "seconds", "association_flags", "processing_flags"),
    *("block__name", "block__setup", "block__tech", "signal", "archived"),
    *("owner", "claimed", "processed", "ended"),
)
# By what the table of jobs can be sorted.
SORTS: Mapping[str, Sequence[str | Case | OrderBy]] = {
    "state": (urgency(), "block__name"),
    "ab": ("block__name",),
    "setup": ("block__setup", "block__name"),
    "flags": (F("processing_flags").desc(nulls_last=True), F("association_flags").desc(nulls_last=True), "block__name"),
    "seconds": (F("seconds").desc(nulls_last=True), "block__name"),
}


def jobs_of(date: ProcessingDate | Given, state: str | Given, sought: str) -> QuerySet[Job]:
    """The jobs of a date: all, or those in one state, whose AB's name or setup has this text in it."""
    found = Job.objects.filter(date=date, **({"state": state} if state else {}))
    if not sought:
        return found
    # That the AB is of the same date is known to us, and tells the database to read its ABs together.  Not so above:
    # that is prepared for dates of any size, and in a large one all its jobs would be compared with all its ABs.
    fits = Q(block__name__icontains=sought) | Q(block__setup__icontains=sought)
    return found.filter(fits, block__date=date)


def listed(date: ProcessingDate, state: str, sought: str, sort: str, page: int) -> list[Any]:
    """One page of `jobs_of`, counted from 0, each as a row of `LISTED`; one query.

    `signal` has the measured S/N per chip, `archived` is the number of products.
    """
    if sought:
        return list(_part(jobs_of(date, state, sought), sort, page * LIMIT, LIMIT))
    return _list(sort, page * LIMIT, LIMIT, in_one_state=bool(state)).ask(date=date.pk, state=state)


@lru_cache
def _list(sort: str, first: int, number: int, *, in_one_state: bool) -> Composed:
    state = Given("state") if in_one_state else ""
    return Composed(lambda: _part(jobs_of(Given("date"), state, ""), sort, first, number))


def _part(jobs: QuerySet[Job], sort: str, first: int, number: int) -> QuerySet[Job, Any]:
    signal = Qc1Parameter.objects.filter(job=OuterRef("pk"), name=OuterRef("gate")).order_by("chip")
    # First which, then what they have: thousands are sorted, and not with all their columns.
    shown = jobs.order_by(*SORTS[sort]).values("pk")[first : first + number]
    gate = KeyTextTransform("gate_parameter", "certificate__content")
    jobs = (
        Job.objects.filter(pk__in=shown)
        .annotate(gate=gate)
        .annotate(signal=Rows(signal, "chip", "value"), archived=Number(Product.objects.filter(job=OuterRef("pk"))))
    )
    return jobs.order_by(*SORTS[sort]).values_list(*LISTED, named=True)
