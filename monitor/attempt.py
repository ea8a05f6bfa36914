"""One job as its page shows it: calibrations, phases, scores, parameters, events."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import OuterRef, Q, QuerySet

from monitor.nested import Rows, restored
from processing.core.ab import AB, Calib
from processing.core.certification import Certificate
from processing.core.selection import of_chips
from processing.core.states import REASONS, Reason
from processing.models import AssociationBlock, Event, Ingestion, Job, JobLog, Qc1Parameter, RawFrame, Score
from processing.models.composed import ComposedObjects, Given


@dataclass(frozen=True)
class Association:
    """A calibration that the AB names."""

    kind: str
    """MCALIB, MASSOC or GENCALIB."""
    calib: Calib
    used: bool
    """True if the recipe gets it."""
    limit: float | None = None
    """The largest |dt| in days that the job's certificate does not flag; None if it does not ask."""

    @property
    def flag(self) -> int | None:
        """1 if it was taken too far from the science frame or does not match in time; None if nothing was asked."""
        far = None if self.limit is None or self.calib.dt is None else abs(self.calib.dt) > self.limit
        asked = [
            bad for bad in (far, None if self.calib.matches is None else not self.calib.matches) if bad is not None
        ]
        return int(any(asked)) if self.used and asked else None


@dataclass(frozen=True)
class Phase:
    """A moment of the attempt; `took` is the time since the moment before, None if that one is not known."""

    name: str
    at: datetime | None
    took: timedelta | None
    meaning: str


@dataclass(frozen=True)
class Parameter:
    """One QC1 parameter on all chips."""

    name: str
    unit: str
    values: Sequence[Qc1Parameter | None]
    """In the order of the chips; None where it was not measured."""
    chips: Sequence[str]

    @property
    def by_chip(self) -> list[tuple[str, Qc1Parameter | None]]:
        """Each chip with its value."""
        return list(zip(self.chips, self.values, strict=True))


def associations(ab: AB, job: Job | None) -> list[Association]:
    """All calibrations of the AB in its own order, MCALIBs first."""
    used = {(name, category) for name, category, _ in job.used()} if job else set()
    limits = distances(ab, job.certificate.value) if job and job.certificate else {}
    kinds = (("MCALIB", ab.mcalibs), ("GENCALIB", ab.gencalibs), ("MASSOC", ab.massocs))
    return [
        Association(kind, calib, kind != "MASSOC" and (calib.name, calib.category) in used, limits.get(calib.category))
        for kind, calibs in kinds
        for calib in calibs
    ]


def distances(ab: AB, certificate: Certificate) -> dict[str, float]:
    """The largest |dt| in days that is not flagged, by category with its chip."""
    chips = certificate.chips_of(ab)
    return {category: dt.max_days for dt in certificate.association for category in of_chips(chips, dt.category)}


def phases(job: Job) -> list[Phase]:
    """From the registration to the end, with the durations between."""
    moments = (
        ("registered", job.registered, "the AB was taken in"),
        ("claimed", job.claimed, "waited for the window, the calibrations and a worker"),
        ("started", job.started, "raw frames fetched, tags and settings checked"),
        ("processed", job.processed, "the recipe ran, its products were measured"),
        ("ended", job.ended, "converted, checked, stored in the archive" if job.processed else "the attempt was over"),
    )
    found, before = [], None
    for name, at, meaning in moments:
        found.append(Phase(name, at, at - before if at and before else None, meaning))
        before = at or before
    return found


def meaning(job: Job) -> str:
    """What the job's reason code means in general; empty without one."""
    return REASONS.get(Reason(job.reason), "")


def block(name: str) -> AssociationBlock | None:
    """The AB of this name, with or without its suffix, with its date and its `raws`; one query."""
    return next(iter(_BLOCK.ask(name=name, file=f"{name}.ab")), None)


def _block() -> QuerySet[AssociationBlock]:
    frames = RawFrame.objects.filter(block=OuterRef("pk"))
    blocks = AssociationBlock.objects.select_related("date__instrument")
    return blocks.filter(name__in=(Given("name"), Given("file"))).annotate(
        raw_rows=Rows(frames, "dp_id", "tag", "exptime")
    )


_BLOCK = ComposedObjects(_block)


def raws(block: AssociationBlock) -> list[RawFrame]:
    """The raw frames of a `block`."""
    return restored(RawFrame, block.raw_rows)  # type: ignore[attr-defined] # annotated


def jobs(block: AssociationBlock) -> list[Job]:
    """The jobs of an AB, the newest first, each with what `log`, `scores`, `measured` and `events` give; one query."""
    found = _JOBS.ask(block=block.pk)
    for job in found:
        job.block = block
    return found


def _jobs() -> QuerySet[Job]:
    mine = {"job": OuterRef("pk")}
    on_their_way = Ingestion.objects.filter(job=OuterRef(OuterRef("pk"))).values("pk")
    happened = Q(subject="job", subject_id=OuterRef("pk")) | Q(subject="ingestion", subject_id__in=on_their_way)
    jobs: QuerySet[Job] = Job.objects.filter(block=Given("block"))
    return (
        jobs.select_related("campaign", "certificate", "log_text")
        .order_by("-id")
        .annotate(
            score_rows=Rows(Score.objects.filter(**mine), "kind", "name", "chip", "value", "low", "high", "flag"),
            qc1_rows=Rows(Qc1Parameter.objects.filter(**mine), "name", "chip", "value", "not_finite", "unit"),
            event_rows=Rows(Event.objects.filter(happened).order_by("id"), "at", "who", "subject", "old", "new", "why"),
        )
    )


_JOBS = ComposedObjects(_jobs)


def scores(job: Job) -> list[Score]:
    """Both score strings."""
    return restored(Score, job.score_rows)  # type: ignore[attr-defined] # annotated


def measured(job: Job) -> list[Qc1Parameter]:
    """The QC1 parameters by name and chip."""
    return restored(Qc1Parameter, job.qc1_rows)  # type: ignore[attr-defined] # annotated


def events(job: Job) -> list[Event]:
    """What happened to the job and to its products on their way, in order."""
    return restored(Event, job.event_rows)  # type: ignore[attr-defined] # annotated


def log(job: Job) -> JobLog:
    """The log, empty if there is none yet."""
    return getattr(job, "log_text", None) or JobLog(job=job)


def parameters(rows: Iterable[Qc1Parameter]) -> tuple[list[str], list[Parameter]]:
    """The chips that were measured ("" is the AB as a whole), and every QC1 parameter on them."""
    table: dict[str, dict[str, Qc1Parameter]] = defaultdict(dict)
    for row in rows:
        table[row.name][row.chip] = row
    chips = sorted({chip for row in table.values() for chip in row})
    return chips, [_parameter(name, row, chips) for name, row in table.items()]


def _parameter(name: str, row: Mapping[str, Qc1Parameter], chips: Sequence[str]) -> Parameter:
    unit = next(iter(row.values())).unit
    return Parameter(name, unit, [row.get(chip) for chip in chips], chips)
