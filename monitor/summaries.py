"""Every parameter of an instrument in a few numbers: how many values, their middle and spread, how many are flagged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from statistics import median
from typing import Any

from django.db.models import Count, QuerySet, Sum

from monitor.listed import Listed, numbers
from monitor.spread import deviation
from monitor.trends import Chosen, rules_of
from processing.models import Certificate, Job, Qc1Parameter, Score

# The newest jobs of a range that are summed up.
MOST_JOBS = 2000
Key = tuple[str, str]
"""(name, chip)."""


@dataclass(frozen=True)
class Summary:
    """A parameter on one chip; `median` and `mad` are None without a number among the values."""

    name: str
    chip: str
    is_score: bool
    unit: str
    number: int
    median: float | None
    mad: float | None
    """Median absolute deviation from the median."""
    scored: int
    flagged: int

    @property
    def percent(self) -> float | None:
        """How many of the scored values are flagged; None if none was scored."""
        return 100 * self.flagged / self.scored if self.scored else None


def summaries(chosen: Chosen, certificates: Sequence[Certificate]) -> list[Summary]:
    """QC1 parameters, then score bits, of the newest `MOST_JOBS` jobs; two queries."""
    bits = {(row["name"], row["chip"]): row for row in _grouped(Score.objects.filter(flag__isnull=False), chosen)}
    parameters = list(_grouped(Qc1Parameter.objects.all(), chosen))
    judged = _judged({row["name"] for row in parameters}, bits, certificates)
    measured = [_summary(row, judged.get((row["name"], row["chip"])), is_score=False) for row in parameters]
    return [*measured, *(_summary(row, row, is_score=True) for row in bits.values())]


def _grouped(rows: QuerySet[Any], chosen: Chosen) -> QuerySet[Any, Any]:
    jobs = Job.objects.filter(**chosen.of_jobs("")).order_by("-id").values("pk")[:MOST_JOBS]
    columns = {"number": Count("id"), "values": Listed("value")}
    if rows.model is Score:
        columns |= {"scored": Count("flag"), "flagged": Sum("flag")}
    names = ("name", "chip") if rows.model is Score else ("name", "chip", "unit")
    found: QuerySet[Any, Any] = rows.filter(job__in=jobs).order_by("name", "chip").values(*names).annotate(**columns)
    return found


def _judged(
    names: set[str], bits: Mapping[Key, Mapping[str, Any]], certificates: Sequence[Certificate]
) -> dict[Key, Mapping[str, Any]]:
    """The score bit that rests on each QC1 parameter, by parameter and chip."""
    resting = {(name, bit) for name in names for bit, _ in rules_of(certificates, name).values()}
    return {(name, chip): row for name, rests in resting for (bit, chip), row in bits.items() if bit == rests}


def _summary(row: Mapping[str, Any], judged: Mapping[str, Any] | None, *, is_score: bool) -> Summary:
    values = [value for value in numbers(row["values"]) if isfinite(value)]
    middle = median(values) if values else None
    mad = deviation(values, middle) if middle is not None else None
    scored, flagged = (judged["scored"], judged["flagged"]) if judged else (0, 0)
    return Summary(row["name"], row["chip"], is_score, row.get("unit", ""), row["number"], middle, mad, scored, flagged)
