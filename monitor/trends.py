"""Scores and QC1 parameters over time: the values, the thresholds that they were held against, what was flagged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db.models import OuterRef, QuerySet, Subquery

from monitor.days import mjd_of
from monitor.listed import Listed, numbers
from processing.models import AssociationBlock, Certificate, Instrument, Job, ProcessingDate, Qc1Parameter, Score

FloatArray = npt.NDArray[np.float64]
Bounds = tuple[float, float]
"""(low, high) that a value must lie within; infinite where that side is open."""

# The newest nights of a range that are read.
MOST_NIGHTS = 1000
# Over more nights than these the time within a night cannot be seen.
MOST_EXACT = 120
# The newest ABs whose setups are offered.
MOST_BLOCKS = 5000
# Scales a median absolute deviation to the standard deviation of a normal distribution.
TO_SIGMA = 1.4826
OPEN = (-np.inf, np.inf)
THRESHOLDS = ("low", "high")


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


@dataclass(frozen=True)
class Series:
    """Arrays of one length, in the order of observation."""

    mjd: FloatArray
    value: FloatArray
    """NaN for what was measured and is no number."""
    flagged: npt.NDArray[np.bool_]
    job: npt.NDArray[np.int64]
    low: FloatArray
    high: FloatArray
    """The thresholds of each value; infinite where that side is open."""
    limits: Sequence[Limit]

    @property
    def number(self) -> int:
        """How many values there are, those that are no numbers among them."""
        return len(self.mjd)

    @property
    def not_finite(self) -> int:
        """How many values are no numbers."""
        return int(np.isnan(self.value).sum())

    @property
    def flags(self) -> int:
        """How many values are flagged."""
        return int(self.flagged.sum())

    @cached_property
    def finite(self) -> npt.NDArray[np.bool_]:
        """Which can be drawn."""
        return np.isfinite(self.value)

    def newest_flagged(self, number: int) -> list[int]:
        """Positions of the last flagged values, the newest first."""
        return [int(i) for i in np.flatnonzero(self.flagged)[::-1][:number]]


@dataclass(frozen=True)
class Bins:
    """Medians over time: arrays of one length, only of stretches with values enough."""

    mjd: FloatArray
    """The middle of each stretch."""
    low: FloatArray
    median: FloatArray
    high: FloatArray
    sigma: FloatArray
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
        return scores(_table(Score.objects.filter(**conditions, flag__isnull=False), nights, THRESHOLDS))
    return measurements(
        _table(Qc1Parameter.objects.filter(**conditions), nights), rules_of(certificates, parameter.name)
    )


def scores(table: FloatArray) -> Series:
    """Of a score bit: flags and thresholds are those that stand with it."""
    low, high = np.nan_to_num(table[:, 5], nan=-np.inf), np.nan_to_num(table[:, 6], nan=np.inf)
    return _series(table, table[:, 4] == 1, low, high)


def measurements(table: FloatArray, rules: Mapping[int, tuple[str, Bounds]]) -> Series:
    """Of a QC1 parameter: thresholds are those of the job's version of its certificate, if that scores it."""
    low, high = np.full(len(table), -np.inf), np.full(len(table), np.inf)
    ruled = np.zeros(len(table), dtype=bool)
    for pk, (_, bounds) in rules.items():
        of_version = table[:, 3] == pk
        low[of_version], high[of_version] = bounds
        ruled |= of_version
    value = table[:, 1]
    # A comparison with NaN is false: what is no number is flagged, too.
    return _series(table, ruled & ~((value >= low) & (value <= high)), low, high)


def _table(rows: QuerySet[Any], nights: Mapping[int, date], thresholds: Sequence[str] = ()) -> FloatArray:
    """MJD, value, job, certificate, and of scores flag, low, high; in the order of time.

    Over many nights the DFO date says enough, and the table of ABs need not be read; it also stands in for a time
    of observation that is not known.
    """
    exact = len(nights) <= MOST_EXACT
    listed = {"value": "value", "job": "job_id", **({"flag": "flag"} if thresholds else {})}
    listed |= {"mjd": "job__block__mjd_obs"} if exact else {}
    grouped = rows.order_by().values("job__date_id", "job__certificate_id", *thresholds)
    found = grouped.annotate(**{f"all_{name}": Listed(column) for name, column in listed.items()})
    parts = [_part(row, nights, thresholds) for row in found]
    table = np.concatenate(parts) if parts else np.empty((0, 7))
    return table[np.argsort(table[:, 0], kind="stable")]


def _part(row: Mapping[str, Any], nights: Mapping[int, date], thresholds: Sequence[str]) -> FloatArray:
    """The values of one night, certificate and thresholds."""
    value = numbers(row["all_value"])
    night = np.full(len(value), mjd_of(nights[row["job__date_id"]]), dtype=float)
    mjd = numbers(row["all_mjd"]) if "all_mjd" in row else night
    columns = [np.where(np.isnan(mjd), night, mjd), value, numbers(row["all_job"])]
    same = [row["job__certificate_id"], *(row[name] for name in thresholds)]
    constant = [np.full(len(value), np.nan if number is None else number, dtype=float) for number in same]
    flags = [numbers(row["all_flag"])] if thresholds else []
    return np.stack([*columns, constant[0], *flags, *constant[1:]], axis=1)


def _series(table: FloatArray, flagged: npt.NDArray[np.bool_], low: FloatArray, high: FloatArray) -> Series:
    mjd, job = table[:, 0], table[:, 2].astype(np.int64)
    limits = _limits(mjd, np.nan_to_num(table[:, 3]), low, high)
    return Series(mjd, table[:, 1], flagged, job, low, high, limits)


def _limits(mjd: FloatArray, certificate: FloatArray, low: FloatArray, high: FloatArray) -> list[Limit]:
    """Each version's thresholds, by the first observation; one that ends before the next begins lasts until then."""
    found = []
    for pk in np.unique(certificate):
        mine = np.flatnonzero(certificate == pk)
        for least, most in _pairs(low[mine], high[mine]):
            times = mjd[mine][(low[mine] == least) & (high[mine] == most)]
            found.append(Limit(least, most, float(times[0]), float(times[-1]), int(pk)))
    found.sort(key=lambda limit: (limit.first, limit.certificate))
    ends = [*(limit.first for limit in found[1:]), -np.inf]
    return [replace(limit, last=max(limit.last, end)) for limit, end in zip(found, ends, strict=False)]


def _pairs(low: FloatArray, high: FloatArray) -> set[Bounds]:
    """The different thresholds that are not open on both sides; nearly always one."""
    if (low == low[0]).all() and (high == high[0]).all():
        return {(float(low[0]), float(high[0]))} - {OPEN}
    return set(zip(low.tolist(), high.tolist(), strict=True)) - {OPEN}


def bins(mjd: FloatArray, value: FloatArray, number: int, least: int) -> Bins:
    """So many equal stretches of time; those with fewer than `least` values are left out."""
    if not len(mjd):
        return Bins(*(np.empty(0) for _ in range(5)))
    edges = np.linspace(mjd[0], mjd[-1], number + 1)
    cuts = np.searchsorted(mjd, edges[1:-1], side="right")
    stretches = zip((edges[:-1] + edges[1:]) / 2, np.split(value, cuts), strict=True)
    found = [(middle, *_spread(part)) for middle, part in stretches if len(part) >= least]
    return Bins(*np.array(found, dtype=float).reshape(-1, 5).T)


def _spread(values: FloatArray) -> tuple[float, float, float, float]:
    """Lowest, median, highest, scaled median absolute deviation."""
    middle = float(np.median(values))
    return float(values.min()), middle, float(values.max()), TO_SIGMA * float(np.median(np.abs(values - middle)))


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
