"""From a processed job's products to an archive product: its name, its file, its row."""

import hashlib
import json
import os
from datetime import timedelta
from pathlib import Path

from django.db import IntegrityError, transaction
from django.db.models import Avg
from django.utils import timezone

from processing import registry
from processing.core import idp
from processing.core.spectrum import SpectrumSource, preview
from processing.models import Ingestion, Job, Product
from processing.plugins import fits, spectrum
from processing.workflow import files

MANIFEST = "categories.json"


def archive_name(item: Ingestion) -> str:
    """`ADP.<UTC of ingestion, ms>`, chosen once per ingestion and unique."""
    moment = timezone.now()
    while not item.dp_id:
        name = f"ADP.{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}"
        moment += timedelta(milliseconds=1)
        try:
            with transaction.atomic():
                Ingestion.objects.filter(pk=item.pk, dp_id=None).update(dp_id=name)
        except IntegrityError:
            continue
        item.refresh_from_db(fields=["dp_id"])
    return item.dp_id


def path(item: Ingestion) -> Path:
    """The converted file, beside the job's pipeline products.

    Named by its content: a worker that was taken for dead and goes on cannot change the file of its successor.
    """
    return folder(item) / f"{item.sha256[:32]}.fits"


def folder(item: Ingestion) -> Path:
    """Where a job's converted files are."""
    return files.products(item.job) / "idp"


def source(item: Ingestion) -> SpectrumSource:
    """What the product is made of."""
    job = item.job
    made_in = files.products(job)
    made = {category: made_in / name for category, name in json.loads((made_in / MANIFEST).read_text()).items()}
    if job.certificate is None:
        raise LookupError(f"{job} has no certificate")
    found = registry.pipeline(job.date.instrument_id).spectra(job.certificate.value, made)
    return next(s for s in found if s.label == item.label)


def write(item: Ingestion, name: str) -> str:
    """Write the file of that archive name; returns its SHA-256."""
    described = source(item)
    data, headers = spectrum.read(described)
    origin = origin_of(item.job, described, headers)
    folder(item).mkdir(exist_ok=True)
    draft = folder(item) / f"{name}.{os.getpid()}.draft"
    archived = [
        ("ARCFILE", f"{name}.fits", "Archive file name"),
        ("ORIGFILE", original_name(item.job, described), "Original file name"),
        ("P3ORIG", "IDP", "ESO internal data product"),
    ]
    cards = ([*idp.primary_cards(data, origin), *archived], idp.extension_cards(data, origin))
    spectrum.write(draft, data, cards, headers[0])
    digest = hashlib.sha256(draft.read_bytes()).hexdigest()
    draft.rename(folder(item) / f"{digest[:32]}.fits")
    return digest


def origin_of(job: Job, described: SpectrumSource, headers: list[fits.Header]) -> idp.Origin:
    """Header, configuration and database: the three places that keyword values come from."""
    raws = [idp.RawFacts(r.dp_id, r.mjd_obs or 0.0, r.exptime or 0.0, r.tech) for r in job.block.raws.all()]
    return idp.Origin(
        headers=headers,
        raws=raws,
        source=described,
        constants=job.certificate.value.idp if job.certificate else {},
        resolution=job.qc1.filter(name="qc_resolmed").aggregate(mean=Avg("value"))["mean"],
        ob_id=job.block.ob_id,
        prog_id=job.block.prog_id,
        created=timezone.now(),
    )


def original_name(job: Job, described: SpectrumSource) -> str:
    """The name before the archive's: instrument, setting, OB and time of the first frame; at most 68 characters."""
    first = str(job.block.raws.earliest("id"))
    return f"{job.date.instrument_id}_{described.label}_{job.block.ob_id}_{first.split('.', 1)[-1]}.fits"[-68:]


def register(item: Ingestion) -> Product:
    """The product's row; doing it again finds the one that is there."""
    file = registry.ingestor().open(f"{item.dp_id}.fits")
    candidate = spectrum.read_back(file)
    header = candidate.primary
    values = {
        "job": item.job,
        "dp_id": item.dp_id,
        "category": header["PRODCATG"],
        "original_name": header["ORIGFILE"],
        "url": file.as_uri(),
        "size": file.stat().st_size,
        "sha256": item.sha256,
        "target": header["OBJECT"],
        "ra": header["RA"],
        "dec": header["DEC"],
        "mjd_obs": header["MJD-OBS"],
        "exptime": header["EXPTIME"],
        "wave_min": header["WAVELMIN"],
        "wave_max": header["WAVELMAX"],
        "snr": header["SNR"],
        "fluxcal": header["FLUXCAL"],
        "preview": preview(spectrum.of(candidate)),
    }
    return Product.objects.get_or_create(ingestion=item, defaults=values)[0]
