"""QC1 parameters and scores of an instrument as tables: what a QC1 database or a plot outside asks for."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Exists, Max, OuterRef, QuerySet

from processing.core.table import Column, Heading, Row
from processing.models import Job, Qc1Parameter, Score

FACTS = (
    Column("mjd_obs", float, "d", "time.start;obs.exposure", "Start of the first exposure, UTC"),
    Column("civil_date", str, "", "time.epoch", "DFO date"),
    Column("dp_id", str, "", "meta.id;obs", "First raw file"),
    Column("ab", str, "", "meta.id", "Association block"),
    Column("campaign", str, "", "meta.id", "The stream, or the campaign that processed the AB again"),
    Column("setting", str, "", "instr.setup", "Instrument setup as the AB names it"),
    Column("state", str, "", "meta.code.status", "State of the job"),
    Column("chip", str, "", "meta.id;instr.det", "Detector; empty for the AB as a whole"),
)
BITS = (
    Column("kind", str, "", "meta.code.class", "ASSOCIATION or PROCESSING"),
    Column("bit", int, "", "meta.number", "Position in the score string, from 0"),
    Column("name", str, "", "meta.id", "Name of the bit"),
    Column("value", float, "", "", "What was held against the range; empty if it was no number, or not measured"),
    Column("low", float, "", "", "The least that is good; empty: none"),
    Column("high", float, "", "", "The most that is good; empty: none"),
    Column("flag", int, "", "meta.code.qual", "0 good, 1 flagged, empty: not scored"),
)
NOT_FINITE = Column("not_finite", str, "", "meta.note", "Parameters of this row that were measured as no number")
UCDS = {
    "mean_reduced": "phot.count;stat.mean",
    "products_missing": "meta.number",
    "qc_fwhm": "instr.det.psf",
    "qc_orders": "meta.number",
    "qc_resolmed": "spect.resolution",
    "qc_s2n": "stat.snr",
    "sat_fraction": "instr.saturation;arith.ratio",
}


@dataclass(frozen=True)
class Table:
    """A table that is read while it is written."""

    heading: Heading
    jobs: int
    groups: Iterator[Sequence[Row]]
    """The rows of one job after the other."""


def qc1(instrument: str, first: date | None = None, last: date | None = None) -> Table:
    """One row per job and chip, one column per parameter; parameters of the AB as a whole stand in each of its rows."""
    jobs = of(instrument, first, last).filter(Exists(Qc1Parameter.objects.filter(job=OuterRef("pk"))))
    measured = Qc1Parameter.objects.filter(job__in=jobs.order_by().values("pk"))
    units: Mapping[str, str] = dict(measured.order_by("name").values_list("name").annotate(Max("unit")))
    columns = [Column(name, float, unit, UCDS.get(name, "")) for name, unit in units.items()]
    heading = Heading("qc1", f"QC1 parameters of {instrument}", (*FACTS, *columns, NOT_FINITE))
    return Table(heading, jobs.count(), stream(jobs, "qc1", lambda job: qc1_rows(job, list(units))))


def scores(instrument: str, first: date | None = None, last: date | None = None) -> Table:
    """One row per job and score bit, with the range that was in force: ranges change."""
    jobs = of(instrument, first, last).filter(Exists(Score.objects.filter(job=OuterRef("pk"))))
    heading = Heading("scores", f"Scores of {instrument}", (*FACTS, *BITS))
    return Table(heading, jobs.count(), stream(jobs, "scores", score_rows))


TABLES = {"qc1": qc1, "scores": scores}


def of(instrument: str, first: date | None, last: date | None) -> QuerySet[Job]:
    """The jobs of an instrument from one DFO date to another, both included, in their order."""
    limits: dict[str, Any] = {"date__date__gte": first, "date__date__lte": last}
    named = {name: value for name, value in limits.items() if value}
    return Job.objects.filter(date__instrument=instrument, **named).order_by("date__date", "id")


def stream(jobs: QuerySet[Job], what: str, rows: Callable[[Job], Sequence[Row]]) -> Iterator[Sequence[Row]]:
    """The rows of each job; one date is in memory at a time, on any database."""
    related = (
        jobs.select_related("block", "campaign", "date").defer("block__text").prefetch_related(what, "block__raws")
    )
    for date_id in list(jobs.order_by("date__date").values_list("date", flat=True).distinct()):
        yield from map(rows, related.filter(date=date_id))


def qc1_rows(job: Job, names: Sequence[str]) -> list[Row]:
    """The rows of one job."""
    found = job.qc1.all()
    whole = {parameter.name: parameter for parameter in found if not parameter.chip}
    rows: list[Row] = []
    for chip in sorted({parameter.chip for parameter in found} - {""}) or [""]:
        own = whole | {parameter.name: parameter for parameter in found if parameter.chip == chip}
        values = [own[name].value if name in own else None for name in names]
        no_number = " ".join(name for name in names if name in own and own[name].not_finite)
        rows.append([*facts(job), chip, *values, no_number])
    return rows


def score_rows(job: Job) -> list[Row]:
    """The rows of one job, in the order of its score strings."""
    return [
        [*facts(job), bit.chip, bit.kind, bit.position, bit.name, bit.value, bit.low, bit.high, bit.flag]
        for bit in job.scores.all()
    ]


def facts(job: Job) -> list[float | int | str | None]:
    """What every row of a job says."""
    block, raws = job.block, job.block.raws.all()
    dp_id = raws[0].dp_id if raws else ""
    civil_date = job.date.date.isoformat()
    return [block.mjd_obs, civil_date, dp_id, block.name, job.campaign.name, block.setup, job.state]
