"""Rows as an attempt leaves them, made directly: no pipeline runs for the tests of what is shown."""

import re
from datetime import datetime, timedelta
from pathlib import Path

from django.utils import timezone

from processing import control
from processing.core.fingerprint import kind
from processing.core.states import ENDED, TROUBLE, IngestState, JobState
from processing.models import (
    Campaign,
    Cluster,
    Hold,
    Ingestion,
    Job,
    JobLog,
    ProcessingDate,
    Product,
    Qc1Parameter,
    Score,
    Stop,
)

SAMPLES = Path(__file__).parent.parent / "samples"
POINT, CELL, VIRTUAL = "uves_point_source", "uves_absorption_cell", "uves_virtual_calib"
PREVIEW = {"wave": [4780.0, 5800.0, 6810.0], "low": [10.0, 11.0, 12.0], "high": [20.0, 21.0, 22.0]}


def text(sample=POINT, stamp="", **changes):
    """The text of a sample AB; `stamp` gives AB and raw frame another name, `changes` replace values by qualifier."""
    content = (SAMPLES / f"{sample}.ab").read_text()
    if stamp:
        [name] = re.findall(r"^AB_NAME\t(\S+)\.ab$", content, re.MULTILINE)
        content = content.replace(name, stamp)
    for qualifier, value in changes.items():
        content = re.sub(rf"^{qualifier}\t.*$", f"{qualifier}\t{value}", content, flags=re.MULTILINE)
    return content


def job(sample=POINT, stamp="", **changes):
    """The job of a sample AB, registered while a worker is alive."""
    control.heard("night")
    outcome = control.register_content(text(sample, stamp, **changes).encode(), "test.ab")
    assert not outcome.refused, outcome
    return Job.objects.select_related("block", "date").get(block__name=outcome.name)


def night(number, state=JobState.INGESTED):
    """So many ABs of one night, each with everything that an attempt leaves; the date is being processed."""
    jobs = [attempted(job(stamp=f"UVES.2012-05-10T03:{n // 60:02}:{n % 60:02}.000"), state) for n in range(number)]
    ProcessingDate.objects.update(state="PROCESSING", prepared=timezone.now())
    return jobs


def put(row, state, reason="", sentence="", **changes):
    """The job in a state, with the times that belong to it."""
    now = timezone.now()
    times = {"claimed": now - timedelta(seconds=90), "started": now - timedelta(seconds=80)}
    if state in ENDED:
        times["ended"] = now
    if state in TROUBLE:
        found = kind(state, reason, row.block.recipe, sentence)
        changes["fingerprint"] = Cluster.objects.remember(found)
    Job.objects.filter(pk=row.pk).update(state=state, reason=reason, sentence=sentence, **{**times, **changes})
    row.refresh_from_db()
    row.note(JobState.RUNNING, state, sentence)
    return row


def attempted(row, state=JobState.INGESTED, log="03:17:42 [ INFO  ] done", **changes):
    """The job after its recipe: log, scores, parameters, and for INGESTED the archived product."""
    put(row, state, seconds=70.5, cpu_seconds=68.0, memory=800_000_000, exit_code=0, **changes)
    JobLog.objects.create(job=row, text=log, command="esorex uves_obs_scired frames.sof")
    for position, chip in enumerate(("REDL", "REDU")):
        Score.objects.create(job=row, kind="PROCESSING", position=0, name="s2n", chip=chip, value=21.5, low=3, flag=0)
        Qc1Parameter.objects.create(job=row, name="qc_s2n", chip=chip, value=21.5 + position)
    Qc1Parameter.objects.create(job=row, name="mean_reduced", chip="REDL", value=None, not_finite=True, unit="adu")
    Score.objects.filter(job=row, name="dt_bias").update(value=9.5, flag=1)
    if state == JobState.INGESTED:
        archived(row)
    return row


def archived(row, target="HD 101065", **changes):
    """The job's product in the archive."""
    name = f"ADP.2026-01-01T00:00:{row.pk // 1000:02}.{row.pk % 1000:03}"
    findings = [{"rule": "S20", "level": "W", "message": "TITLE does not contain OBJECT", "value": "a star"}]
    content = {"dp_id": name, "sha256": f"{row.pk:064x}", "content": f"{row.block.pk:064x}", "findings": findings}
    item = Ingestion.objects.create(job=row, label="RED580", state=IngestState.REGISTERED, **content)
    values = {
        "category": "SCIENCE.SPECTRUM",
        "original_name": f"UVES_RED580_{row.block.name.removesuffix('.ab')}.fits",
        "url": f"file:///archive/{name}.fits",
        "size": 4_400_000,
        "target": target,
        "ra": 174.4,
        "dec": -46.7,
        "mjd_obs": 56057.1,
        "exptime": 1500.0,
        "wave_min": 478.0,
        "wave_max": 681.0,
        "snr": 21.5,
        "fluxcal": "ABSOLUTE",
        "preview": PREVIEW,
    }
    return Product.objects.create(job=row, ingestion=item, dp_id=name, sha256=item.sha256, **{**values, **changes})


def documented(product, preview=".svg"):
    """The product with its files, and where some of its keywords have their values from."""
    name = product.dp_id
    item = product.ingestion
    item.files = [
        stored("#auxiliary", "ANCILLARY.2DSPECTRUM", f"{name}.2dspectrum1.fits"),
        stored("#preview", "ANCILLARY.PREVIEW", f"{name}.preview{preview}", 2_400),
        stored("#this", product.category, f"{name}.fits", product.size),
    ]
    item.sources = [
        {"hdu": 0, "keyword": "DATE", "value": "2026-01-01T00:00:00", "source": "derived", "key": "created"},
        {"hdu": 0, "keyword": "OBJECT", "value": "HD 101065", "source": "raw header", "key": "ESO OBS TARG NAME"},
        {"hdu": 0, "keyword": "REFERENC", "value": "", "source": "configuration", "key": "REFERENC"},
        {"hdu": 0, "keyword": "SINGLEXP", "value": True, "source": "derived", "key": "is_single"},
        {"hdu": 1, "keyword": "OBJECT", "value": "HD 101065", "source": "raw header", "key": "ESO OBS TARG NAME"},
    ]
    item.save()
    return product


def stored(role, category, name, size=8_600_000):
    """A file of a product as its ingestion keeps it."""
    digests = {"md5": f"{size:032x}", "sha256": f"{size:064x}", "url": f"file:///archive/{name}"}
    return {"role": role, "category": category, "name": name, "size": size, **digests}


def pictured(row, folder, pixels=b"\x89PNG\r\n\x1a\n and so on"):
    """The job's image in the archive, its picture with these bytes in the archive's folder."""
    image = archived(row, "47 Tuc", category="SCIENCE.IMAGE", snr=None, preview={})
    product = documented(image, ".png")
    file = folder / "2026-01" / f"{product.dp_id}.preview.png"
    file.parent.mkdir(parents=True)
    file.write_bytes(pixels)
    return product


def again(row, state=JobState.INGESTED, reason="", **changes):
    """The AB in a re-processing campaign, its job in a state."""
    campaign = Campaign.objects.create(name=f"again {Campaign.objects.count()}", state="RUNNING")
    repeated = Job.objects.create(block=row.block, campaign=campaign, date=row.date, certificate=row.certificate)
    return put(repeated, state, reason, **changes)


def reprocessed(row):
    """The job of a re-processing that made the row's product obsolete."""
    old, repeated = row.products.get(), again(row)
    name = f"ADP.2026-01-01T00:00:{repeated.pk // 1000:02}.{repeated.pk % 1000:03}"
    Product.objects.filter(pk=old.pk).update(state="OBSOLETE", state_reason=f"{name} is newer")
    archived(repeated, original_name=old.original_name, version=2)
    return repeated


def repeated_in_vain(row):
    """The job of a re-processing whose result is a duplicate of the row's product."""
    product, repeated = row.products.get(), again(row)
    said = f"the same as {product}"
    same = {"content": product.ingestion.content, "log": said, "ended": timezone.now()}
    Ingestion.objects.create(job=repeated, label="RED580", state=IngestState.DUPLICATE, sha256="0" * 64, **same)
    return repeated


def stopped_since(day, scope="UVES", reason="response curve bug", **options):
    """A stop that began at 18:00 UTC of this day."""
    stop = control.stop(scope, reason, "anna", **options)
    Stop.objects.filter(pk=stop.pk).update(at=datetime.fromisoformat(f"{day}T18:00:00Z"))
    stop.refresh_from_db()
    return stop


def held(why="the archive is away", host="", instrument="UVES", looked=None):
    """A hold of the instrument; looked at just now unless a time is given."""
    looked = looked or timezone.now()
    return Hold.objects.create(instrument_id=instrument, host=host, why=why, looked=looked)


def backlog(**options):
    """A stop under which the job of 2012-05-10 became due, while that of 2012-05-09 waited long before."""
    kept, skipped = job(), job(CELL)
    return stopped_since("2012-05-10", **options), kept, skipped
