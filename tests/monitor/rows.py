"""Rows as an attempt leaves them, made directly: no pipeline runs for the tests of what is shown."""

import re
from datetime import datetime, timedelta
from pathlib import Path

from django.utils import timezone

from processing import control
from processing.core.states import ENDED, IngestState, JobState
from processing.models import Hold, Ingestion, Job, JobLog, ProcessingDate, Product, Qc1Parameter, Score, Stop

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


def archived(row, target="HD 101065"):
    """The job's product in the archive."""
    name = f"ADP.2026-01-01T00:00:{row.pk // 1000:02}.{row.pk % 1000:03}"
    sha256 = f"{row.pk:064x}"
    findings = [{"rule": "S20", "level": "WARNING", "message": "TITLE does not contain OBJECT"}]
    state = IngestState.REGISTERED
    item = Ingestion.objects.create(job=row, label="RED580", state=state, dp_id=name, sha256=sha256, findings=findings)
    return Product.objects.create(
        job=row,
        ingestion=item,
        dp_id=name,
        category="SCIENCE.SPECTRUM",
        original_name="UVES_RED580_900417.fits",
        url=f"file:///archive/{name}.fits",
        size=4_400_000,
        sha256=sha256,
        target=target,
        ra=174.4,
        dec=-46.7,
        mjd_obs=56057.1,
        exptime=1500.0,
        wave_min=478.0,
        wave_max=681.0,
        snr=21.5,
        fluxcal="ABSOLUTE",
        preview=PREVIEW,
    )


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
