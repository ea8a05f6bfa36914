"""Scores and QC1 parameters over time: the values, the thresholds that they were held against, what was flagged."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, partial
from itertools import pairwise, repeat
from math import inf, isfinite, isnan
from statistics import median
from typing import Any, NamedTuple

from django.db.models import OuterRef, QuerySet, Subquery

from monitor.days import mjd_of
from monitor.listed import Listed, numbers
from monitor.spread import TO_SIGMA, deviation
from processing.models import AssociationBlock, Certificate, Instrument, Job, ProcessingDate, Qc1Parameter, Score

Bounds = tuple[float, float]
"""(low, high) that a value must lie within; infinite where that side is open."""

# The newest nights of a range that are read.
MOST_NIGHTS = 1000
# Over more nights than these the time within a night cannot be seen.
MOST_EXACT = 120
# The newest ABs whose setups are offered.
MOST_BLOCKS = 5000
OPEN: Bounds = (-inf, inf)


@dataclass(frozen=True)
class Chosen:
    """Which jobs are looked at: of one instrument, of DFO dates from `first` to `last`, and of one setup or all."""

    instrument: str
    first: date
    last: date
    setup: str = ""

    def of_jobs(self, path: str = "job__") -> dict[str, Any]:
        """Conditions on rows that lead to their job by `path`."""
        found: dict[str, Any] = {
            f"{path}date__instrument": self.instrument,
            f"{path}date__date__range": (self.first, self.last),
        }
        return {**found, f"{path}block__setup": self.setup} if self.setup else found


@dataclass(frozen=True)
class Parameter:
    """What is drawn: a score bit, or a QC1 parameter; on one chip or, if that is empty, on all."""

    name: str
    is_score: bool
    chip: str = ""


@dataclass(frozen=True)
class Limit:
    """Thresholds, and between which observations (MJD) they were used; `certificate` says in which version."""

    low: float
    high: float
    first: float
    last: float
    certificate: int


class Value(NamedTuple):
    """What was measured once; `value` is NaN for what is no number, thresholds are infinite where that side is open."""

    mjd: float
    value: float
    job: int
    flagged: bool
    certificate: int
    """0 without one."""
    low: float
    high: float


@dataclass(frozen=True)
class Series:
    """Values in the order of observation."""

    values: Sequence[Value]
    limits: Sequence[Limit]

    @property
    def number(self) -> int:
        """How many values there are, those that are no numbers among them."""
        return len(self.values)

    @property
    def not_finite(self) -> int:
        """How many values are no numbers."""
        return sum(isnan(one.value) for one in self.values)

    @property
    def flags(self) -> int:
        """How many values are flagged."""
        return len(self.flagged)

    @cached_property
    def finite(self) -> Sequence[Value]:
        """Those that can be drawn."""
        return [one for one in self.values if isfinite(one.value)]

    @cached_property
    def flagged(self) -> Sequence[Value]:
        """Those that are flagged."""
        return [one for one in self.values if one.flagged]

    def newest_flagged(self, number: int) -> Sequence[Value]:
        """The last flagged values, the newest first."""
        return self.flagged[::-1][:number]


Judged = tuple[Bounds, Iterable[bool]]
"""Thresholds of values, and which of these are flagged."""
Judge = Callable[[Mapping[str, Any], Sequence[float]], Judged]


class Bin(NamedTuple):
    """A stretch of time with values enough."""

    mjd: float
    """Its middle."""
    low: float
    median: float
    high: float
    sigma: float
    """Scaled median absolute deviation."""


def rules_of(certificates: Sequence[Certificate], parameter: str) -> dict[int, tuple[str, Bounds]]:
    """Of each version that scores a QC1 parameter: the name of the bit, and its thresholds."""
    rules = [(row.pk, rule) for row in certificates for rule in row.content.get("scores", ())]
    return {
        pk: (rule["name"], (_or(rule.get("low"), OPEN[0]), _or(rule.get("high"), OPEN[1])))
        for pk, rule in rules
        if rule["parameter"] == parameter
    }


def series(chosen: Chosen, parameter: Parameter, certificates: Sequence[Certificate]) -> Series:
    """All values of the newest `MOST_NIGHTS` nights of the range; two queries."""
    dates = ProcessingDate.objects.filter(instrument=chosen.instrument, date__range=(chosen.first, chosen.last))
    nights = dict(dates.order_by("-date").values_list("pk", "date")[:MOST_NIGHTS])
    conditions: dict[str, Any] = {"job__date__in": list(nights), "name": parameter.name}
    if chosen.setup:
        conditions["job__block__setup"] = chosen.setup
    if parameter.chip:
        conditions["chip"] = parameter.chip
    if parameter.is_score:
        return _series(Score.objects.filter(**conditions, flag__isnull=False), nights, scored)
    rules = {pk: bounds for pk, (_, bounds) in rules_of(certificates, parameter.name).items()}
    return _series(Qc1Parameter.objects.filter(**conditions), nights, partial(measured, rules))


def scored(row: Mapping[str, Any], _values: Sequence[float]) -> Judged:
    """Of a score bit: flags and thresholds are those that stand with it."""
    return (_or(row["low"], -inf), _or(row["high"], inf)), [flag == 1 for flag in numbers(row["all_flag"])]


def measured(rules: Mapping[int, Bounds], row: Mapping[str, Any], values: Sequence[float]) -> Judged:
    """Of a QC1 parameter: thresholds are those of the job's version of its certificate, if that scores it."""
    if not (bounds := rules.get(row["job__certificate_id"])):
        return OPEN, repeat(False)
    low, high = bounds
    # A comparison with NaN is false: what is no number is flagged, too.
    return bounds, [not low <= value <= high for value in values]


def _series(rows: QuerySet[Any], nights: Mapping[int, date], judge: Judge) -> Series:
    """Of these values, in the order of time.

    Over many nights the DFO date says enough, and the table of ABs need not be read; it also stands in for a time
    of observation that is not known.
    """
    thresholds = ("low", "high") if rows.model is Score else ()
    listed = {"value": "value", "job": "job_id", **({"flag": "flag"} if thresholds else {})}
    listed |= {"mjd": "job__block__mjd_obs"} if len(nights) <= MOST_EXACT else {}
    grouped = rows.order_by().values("job__date_id", "job__certificate_id", *thresholds)
    found = grouped.annotate(**{f"all_{name}": Listed(column) for name, column in listed.items()})
    values = [value for row in found for value in _values(row, nights[row["job__date_id"]], judge)]
    values.sort(key=lambda one: one.mjd)
    return Series(values, _limits(values))


def _values(row: Mapping[str, Any], night: date, judge: Judge) -> Iterator[Value]:
    """The values of one night, certificate and thresholds."""
    value, job = numbers(row["all_value"]), map(int, numbers(row["all_job"]))
    day = float(mjd_of(night))
    mjd = [day if isnan(at) else at for at in numbers(row["all_mjd"])] if "all_mjd" in row else repeat(day)
    (low, high), flagged = judge(row, value)
    return map(Value, mjd, value, job, flagged, repeat(row["job__certificate_id"] or 0), repeat(low), repeat(high))


def _limits(values: Iterable[Value]) -> list[Limit]:
    """Each version's thresholds, by the first observation; one that ends before the next begins lasts until then."""
    spans: dict[tuple[int, float, float], list[float]] = {}
    for one in values:
        spans.setdefault((one.certificate, one.low, one.high), [one.mjd, one.mjd])[1] = one.mjd
    found = [
        Limit(low, high, first, last, certificate)
        for (certificate, low, high), (first, last) in spans.items()
        if (low, high) != OPEN
    ]
    found.sort(key=lambda limit: (limit.first, limit.certificate))
    ends = [*(limit.first for limit in found[1:]), -inf]
    return [replace(limit, last=max(limit.last, end)) for limit, end in zip(found, ends, strict=False)]


def bins(values: Sequence[Value], number: int, least: int) -> list[Bin]:
    """So many equal stretches of the time of finite values; those with fewer than `least` of them are left out."""
    if not values:
        return []
    first, last = values[0].mjd, values[-1].mjd
    edges = [first + (last - first) * step / number for step in range(number + 1)]
    times = [one.mjd for one in values]
    cuts = [0, *(bisect_right(times, edge) for edge in edges[1:-1]), len(values)]
    stretches = zip(pairwise(edges), pairwise(cuts), strict=True)
    return [
        _bin((start + end) / 2, [one.value for one in values[low:high]])
        for (start, end), (low, high) in stretches
        if high - low >= least
    ]


def _bin(mjd: float, values: Sequence[float]) -> Bin:
    middle = median(values)
    return Bin(mjd, min(values), middle, max(values), TO_SIGMA * deviation(values, middle))


def _or(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else float(value)


def named(jobs: Sequence[int]) -> dict[int, Job]:
    """Jobs by primary key, with what a link to them needs; one query."""
    rows = Job.objects.filter(pk__in=jobs).select_related("block", "date", "certificate")
    return {row.pk: row for row in rows.defer("block__text", "certificate__content")}


def instruments() -> dict[str, date]:
    """Every instrument that has processing dates, with the newest of them; one query."""
    dates = ProcessingDate.objects.filter(instrument=OuterRef("pk")).order_by("-date").values("date")[:1]
    rows = Instrument.objects.annotate(newest=Subquery(dates)).values_list("name", "newest")
    return {name: newest for name, newest in rows if newest}


def setups(chosen: Chosen) -> list[str]:
    """Of the newest ABs in the range; one query."""
    dates = {"date__instrument": chosen.instrument, "date__date__range": (chosen.first, chosen.last)}
    newest = AssociationBlock.objects.filter(**dates).order_by("-id").values("pk")[:MOST_BLOCKS]
    rows = AssociationBlock.objects.filter(pk__in=newest).order_by("setup")
    return list(rows.values_list("setup", flat=True).distinct())
