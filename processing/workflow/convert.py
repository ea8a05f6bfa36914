"""From a processed job's products to the files of an archive product."""

import json
import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from django.utils import timezone

from processing import registry
from processing.core.errors import NotWithdrawn
from processing.core.origin import Ancillary, Origin, RawFacts
from processing.models import Ingestion, Job, Qc1Parameter
from processing.models.composed import Composed, Given
from processing.plugins import content
from processing.workflow import companions, files, formats

MANIFEST = "categories.json"
QC1 = Composed(lambda: Qc1Parameter.objects.filter(job=Given("job")).values_list("name", "value"))


def path(item: Ingestion) -> Path:
    """The converted file, beside the job's pipeline products.

    Named by its content: a worker that was taken for dead and goes on cannot change the file of its successor.
    """
    return folder(item) / f"{item.sha256[:32]}.fits"


def folder(item: Ingestion) -> Path:
    """Where a job's converted files are."""
    return files.products(item.job) / "idp"


def source(item: Ingestion) -> formats.Source:
    """What the product is made of."""
    job = item.job
    made_in = files.products(job)
    made = {category: made_in / name for category, name in json.loads((made_in / MANIFEST).read_text()).items()}
    if job.certificate is None:
        raise LookupError(f"{job} has no certificate")
    found = registry.pipeline(job.date.instrument_id).archived(job.certificate.value, made)
    return next(s for s in found if s.label == item.label)


@dataclass(frozen=True)
class Converted:
    """What a conversion leaves: SHA-256 of the science file and of what lasts of it, and the row's other fields."""

    sha256: str
    content: str
    sources: list[dict[str, Any]]
    files: list[companions.Row]
    entry: dict[str, Any]


def write(item: Ingestion) -> Converted:
    """Write the science file of its archive name and all that is stored beside it.

    Raises `ABFailed` if a mandatory keyword has no value.
    """
    described, name = source(item), str(item.dp_id)
    ready = formats.ready(described, f"{item.job.block} {item.label}")
    folder(item).mkdir(exist_ok=True)
    draft = folder(item) / f"{name}.{os.getpid()}.draft"
    rows = [*companions.beside(draft, name, described.ancillaries, ready.preview)]
    cards = ready.fill(origin_of(item, described, ready, companions.associated(rows)))
    ready.write(draft, cards)
    lasting = content.digest(draft)
    science = companions.settle(draft, companions.THIS, ready.category, f"{name}.fits")
    return Converted(science["sha256"], lasting, [one.row for one in cards], [*rows, science], ready.entry(cards))


def origin_of(
    item: Ingestion, described: formats.Source, ready: formats.Readied, ancillaries: Sequence[Ancillary]
) -> Origin:
    """Header, configuration and database: the three places that keyword values come from."""
    job = item.job
    raws = [RawFacts(r.dp_id, r.mjd_obs or 0.0, r.exptime or 0.0, r.tech) for r in job.block.raw_frames]
    measured = defaultdict[str, list[float]](list)
    for row in QC1.ask(job=job.pk):
        if row.value is not None:
            measured[row.name].append(row.value)
    qc1 = {name: fmean(values) for name, values in measured.items()}
    return Origin(
        headers=ready.headers,
        raws=raws,
        source=described,
        constants={**(job.certificate.value.idp if job.certificate else {}), **ready.constants},
        resolution=qc1.get("qc_resolmed"),
        qc1=qc1,
        ob_id=job.block.ob_id,
        prog_id=job.block.prog_id,
        created=timezone.now(),
        ancillaries=ancillaries,
        names={
            "arcfile": f"{item.dp_id}.fits",
            "origfile": original_name(job, described),
            "p3orig": "IDP",
            "certificate": str(job.certificate or ""),
            "release": job.campaign.release,
        },
    )


def original_name(job: Job, described: formats.Source) -> str:
    """The name before the archive's: instrument, setting, OB and time of the first frame; at most 68 characters."""
    first = str(job.block.raw_frames[0])
    return f"{job.date.instrument_id}_{described.label}_{job.block.ob_id}_{first.split('.', 1)[-1]}.fits"[-68:]


def beside(item: Ingestion) -> dict[str, Path]:
    """The files that the science file names, by their archive names."""
    return {r["name"]: companions.place(folder(item), r) for r in item.files if r["role"] != companions.THIS}


def store(item: Ingestion) -> list[companions.Row]:
    """Store every file of the product, the science file last: what it names is there before it."""
    archive = registry.ingestor()
    rows = list(item.files)
    return [{**r, "url": archive.store(companions.place(folder(item), r), r["name"], r["sha256"])} for r in rows]


def withdraw(item: Ingestion) -> tuple[int, list[str]]:
    """Take back what was stored of a product that never became one; how many files, and what the archive keeps."""
    archive, kept, found = registry.ingestor(), [], 0
    for row in reversed(item.files):
        try:
            found += archive.withdraw(row["name"], row["sha256"])
        except NotWithdrawn as refusal:
            kept.append(str(refusal))
    return found, kept
