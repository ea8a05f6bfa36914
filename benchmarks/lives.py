"""Copies of the jobs of a night, each written as its life writes it: claim, leases, a log that grows, results."""

import random
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

from benchmarks.nights import ENDS

NIGHT = "night"
"""The alias of the night's database."""
SIZE = 50
"""ABs of a date."""
STEPS: Sequence[Sequence[str]] = (
    ("state", "token", "owner", "claimed", "lease"),
    ("lease",),
    ("started",),
    ("lease",),
    ("lease",),
    ("lease",),
    ("exit_code", "seconds", "cpu_seconds", "memory"),
    ("processing_flags",),
    ("state", "processed", "software"),
    ("state", "reason", "sentence", "fingerprint", "ended"),
)
"""What the updates of a job change, one after the other; a recipe of 8 s sees four renewals."""
INGESTING: Sequence[Sequence[str]] = (
    ("owner", "lease", "claimed"),
    ("dp_id",),
    ("state", "sha256", "content", "sources", "entry"),
    ("state", "findings"),
    ("state", "files", "log"),
    ("state", "ended", "entry"),
)
NEW: dict[str, Any] = {"state": "WAITING", "token": None, "owner": "", "claimed": None, "started": None, "lease": None}
NEW |= {"processed": None, "ended": None, "exit_code": None, "seconds": None, "software": "", "fingerprint": ""}
QUEUED: dict[str, Any] = {"state": "QUEUED", "owner": "", "lease": None, "claimed": None, "dp_id": None, "ended": None}
QUEUED |= {"sha256": "", "content": "", "sources": [], "findings": [], "files": [], "log": "", "entry": {}}


def kind(state: str) -> str:
    """Archived, rejected before its attempt, or failed in it."""
    return {"INGESTED": "archived", "REJECTED": "rejected"}.get(state, "failed")


def clone(row: Any, **changes: Any) -> Any:
    """A new row like one of the night."""
    values = {column.attname: getattr(row, column.attname) for column in row._meta.concrete_fields}
    return type(row)(**{**values, row._meta.pk.attname: None, **changes})


def unlike(text: str, number: int) -> str:
    """A digest that no other row has."""
    return sha256(f"{text} {number}".encode()).hexdigest()


@dataclass
class Lives:
    """Jobs that end in the proportions of a site, or all in one way."""

    only: str = ""
    number: int = 0
    """Of ABs so far."""
    models: dict[str, list[Any]] = field(default_factory=dict)
    chance: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311 - the same each time

    def __post_init__(self) -> None:
        from processing.models import Job

        for job in Job.objects.using(NIGHT).select_related("block", "date", "certificate").order_by("id"):
            self.models.setdefault(kind(job.state), []).append(job)

    def chosen(self) -> Iterator[Any]:
        """The jobs that those of one date copy."""
        for state, _ in self.chance.choices(list(ENDS), list(ENDS.values()), k=SIZE):
            yield self.chance.choice(self.models[self.only or kind(state)])

    def night(self) -> None:
        """One date with all its jobs."""
        from processing.models import AssociationBlock, Instrument, Job, ProcessingDate, RawFrame
        from processing.models.campaigns import day_to_day

        Instrument.objects.get_or_create(name="UVES")
        day = date(2000, 1, 1) + timedelta(days=self.number // SIZE)
        row = ProcessingDate.objects.create(instrument_id="UVES", date=day, abs=SIZE)
        like = list(self.chosen())
        names = [f"UVES.{day}T{n // 60:02d}:{n % 60:02d}:17.000" for n in range(SIZE)]
        self.number += SIZE
        blocks = [
            clone(job.block, name=f"{name}.ab", date_id=row.pk, frames=unlike(name, 0))
            for job, name in zip(like, names, strict=True)
        ]
        AssociationBlock.objects.bulk_create(blocks)
        raws = [
            clone(raw, block_id=block.pk, dp_id=f"{name[:-1]}{at}")
            for job, block, name in zip(like, blocks, names, strict=True)
            for at, raw in enumerate(job.block.raws.all())
        ]
        RawFrame.objects.bulk_create(raws)
        own = {"campaign_id": day_to_day().pk, "date_id": row.pk, "certificate_id": None}
        made = [clone(job, block_id=block.pk, **own) for job, block in zip(like, blocks, strict=True)]
        ends = [{name: getattr(job, name) for step in STEPS for name in step} for job in made]
        for job, end in zip(made, ends, strict=True):
            vars(job).update({**NEW, "state": end["state"] if kind(end["state"]) == "rejected" else "WAITING"})
        Job.objects.bulk_create(made)
        live(like, made, ends)


def live(like: Sequence[Any], made: Sequence[Any], ends: Sequence[dict[str, Any]]) -> None:
    """The attempts of one date, a few at a time as workers make them."""
    for at in range(0, len(made), 5):
        some = [one for one in zip(like, made, ends, strict=True) if one[1] in made[at : at + 5]]
        for job in (one for one in some if kind(one[2]["state"]) != "rejected"):
            attempt(*job)
        for old, job, _ in some:
            results(old, job)
            ingestions(old, job)


def attempt(old: Any, job: Any, end: dict[str, Any]) -> None:
    """The updates of a job and of its log."""
    from django.utils import timezone

    from processing.models import Job, JobLog

    log = JobLog.objects.using(NIGHT).filter(job=old).first()
    states = iter(("RUNNING", "PROCESSED", end["state"]))
    for at, step in enumerate(STEPS):
        values = {name: end[name] for name in step} | ({"state": next(states)} if "state" in step else {})
        values |= {"token": uuid.uuid4()} if "token" in step else {}
        values |= {"lease": timezone.now()} if "lease" in step else {}
        Job.objects.filter(pk=job.pk).update(**values)
        if log and step == ("lease",):
            grown = log.text[: len(log.text) * at // 6]
            JobLog.objects.update_or_create(job=job, defaults={"text": grown})
    if log:
        whole = {"text": log.text, "command": log.command, "headers": log.headers}
        JobLog.objects.update_or_create(job=job, defaults=whole)


def results(old: Any, job: Any) -> None:
    """Scores, parameters, events."""
    from processing.models import Event, Qc1Parameter, Score

    for model in (Score, Qc1Parameter):
        rows: Any = model.objects.using(NIGHT).filter(job=old)
        model.objects.bulk_create(clone(row, job_id=job.pk) for row in rows)
    for event in Event.objects.using(NIGHT).filter(subject="job", subject_id=old.pk).order_by("id"):
        Event.objects.create(**{**values(event), "subject_id": job.pk})


def ingestions(old: Any, job: Any) -> None:
    """Products on their way, with their events."""
    from processing.models import Event, Ingestion, Product

    for item in Ingestion.objects.using(NIGHT).filter(job=old):
        end = {name: getattr(item, name) for step in INGESTING for name in step}
        end |= {"dp_id": f"ADP.2026-01-01T{job.pk:012d}", "content": unlike(item.content, job.pk)}
        made = clone(item, job_id=job.pk, **QUEUED)
        made.save()
        states = iter(("CONVERTED", "VALIDATED", "STORED", end["state"]))
        for step in INGESTING:
            changed = {name: end[name] for name in step} | ({"state": next(states)} if "state" in step else {})
            Ingestion.objects.filter(pk=made.pk).update(**changed)
        for event in Event.objects.using(NIGHT).filter(subject="ingestion", subject_id=item.pk).order_by("id"):
            Event.objects.create(**{**values(event), "subject_id": made.pk})
        for product in Product.objects.using(NIGHT).filter(ingestion=item):
            new = {"dp_id": end["dp_id"], "sha256": unlike(product.sha256, job.pk), "version": job.pk}
            clone(product, job_id=job.pk, ingestion_id=made.pk, state="OBSOLETE", **new).save()


def values(event: Any) -> dict[str, Any]:
    """All of an event but its number and time."""
    columns = (column.attname for column in event._meta.concrete_fields)
    return {name: getattr(event, name) for name in columns if name not in {"id", "at"}}
