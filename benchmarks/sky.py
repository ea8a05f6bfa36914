"""Loads a million ABs of twenty years, with everything that hangs on them, into PostgreSQL.

    python -m benchmarks.sky [--abs 1000000]

Takes the database of DATABASE_URL, migrated and empty, and says how long each table took; a JSON object with the
number of rows and the seconds is its last line.
"""

import argparse
import json
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

from benchmarks.copying import Table
from benchmarks.nights import BUSY, INSTRUMENTS, LOG, MEASURED, NEWEST, RECIPE, SCORED, Sky, failures

LONG_AGO = datetime(2026, 10, 31, tzinfo=UTC)


def main() -> None:
    """Load as many ABs as are wanted."""
    import django

    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--abs", type=int, default=1_000_000)
    options = parser.parse_args()
    django.setup()
    print(json.dumps(load(options.abs)))


def load(number: int) -> dict[str, float]:
    """Fill the database; rows by table, and seconds in all."""
    from django.db import connection

    begun, found = time.perf_counter(), {}
    with connection.cursor() as cursor:
        # Rows that fit by construction need no trigger that looks whether they do.
        cursor.execute("SET session_replication_role = replica")
        for table in tables(Sky(number)):
            start = time.perf_counter()
            table.copy(cursor)
            name = table.sample._meta.db_table
            print(f"{name:<32} {table.loaded:>9} {time.perf_counter() - start:7.1f} s", flush=True)
            found[name] = table.loaded
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("VACUUM (ANALYZE)")
    return {**found, "seconds": round(time.perf_counter() - begun, 1)}


def surroundings() -> tuple[int, dict[str, int]]:
    """The rows of which there are few, kinds of failures among them; campaign and certificate of each instrument."""
    from django.utils import timezone

    from processing.models import Certificate, Cluster, Instrument, Worker
    from processing.models.campaigns import day_to_day

    like = Certificate.objects.get(instrument=BUSY, name="ECHELLE-POINT")
    certificates = {BUSY: like.pk}
    for name in INSTRUMENTS:
        Instrument.objects.get_or_create(name=name, defaults={"window": "00:00-24:00"})
        if name != BUSY:
            content = {**like.content, "instrument": name}
            values = {"state": "CERTIFIED", "recipe": like.recipe, "content": content}
            certificates[name] = Certificate.objects.create(instrument=name, name="ALL", **values).pk
    for kind in failures():
        Cluster.objects.remember(kind)
    Worker.objects.create(name="night", host="night", slots=24, version="1", since=LONG_AGO, seen=timezone.now())
    return day_to_day().pk, certificates


def tables(sky: Sky) -> Iterator[Table]:
    """Each after those that it refers to."""
    yield from blocks(sky)
    yield from results(sky)
    yield from products(sky)


def blocks(sky: Sky) -> Iterator[Table]:
    """Dates, ABs, raw frames and jobs."""
    from processing.models import AssociationBlock, Job, ProcessingDate, RawFrame

    campaign, certificates = surroundings()
    varied = ("id", "instrument_id", "date", "abs", "counts", "state", "finished")
    day = ProcessingDate(date=date.min, registered=LONG_AGO, prepared=LONG_AGO)
    yield Table(day, varied, sky.dates())
    facts = {"raw_type": "SCI_POINT_ECH_RED", "tech": "ECHELLE", "prog_id": "089.D-9901(A)", "ob_id": "900417"}
    block = AssociationBlock(recipe=RECIPE, sha256="0" * 64, mjd_obs=56057.1, registered=LONG_AGO, **facts)
    yield Table(block, ("id", "name", "date_id", "text", "frames", "setup"), sky.blocks())
    yield Table(RawFrame(tag="SCI_POINT_RED", exptime=1500.0), ("id", "block_id", "dp_id"), sky.raws())
    varied = ("id", "block_id", "date_id", "certificate_id", "state", "reason", "sentence", "fingerprint", "token")
    sample = Job(
        campaign_id=campaign, registered=LONG_AGO, processing_flags=0, association_flags=1, software="uves/6.1.8"
    )
    yield Table(sample, (*varied, "owner", "claimed", "ended", "seconds"), sky.attempts(certificates))


def results(sky: Sky) -> Iterator[Table]:
    """What the recipes left of the newest jobs."""
    from processing.models import Event, JobLog, Qc1Parameter, Score

    event = Event(subject="job", who="night1", at=LONG_AGO, why="as it went")
    yield Table(event, ("id", "subject_id", "name", "old", "new"), sky.events())
    names = ("id", "job_id", "name", "chip", "position", "value")
    yield Table(Score(kind="PROCESSING", low=3.0, flag=0), names, sky.of_each(SCORED))
    measured = ((number, job, name, chip, value) for number, job, name, chip, _, value in sky.of_each(MEASURED))
    yield Table(Qc1Parameter(unit="adu"), ("id", "job_id", "name", "chip", "value"), measured)
    yield Table(
        JobLog(text=LOG, command="esorex uves_obs_scired"), ("job_id",), ((row[0],) for row in sky.jobs(NEWEST))
    )


def products(sky: Sky) -> Iterator[Table]:
    """What the newest jobs brought to the archive."""
    from processing.models import Ingestion, Product

    names = [
        (number, job, f"ADP.{night.day}T{at:05d}.{number:08d}", f"{number:064x}")
        for number, job, night, at in sky.ingested()
    ]
    item = Ingestion(label="RED580", state="REGISTERED", queued=LONG_AGO, ended=LONG_AGO, findings=[], entry={})
    yield Table(item, ("id", "job_id", "dp_id", "sha256", "content"), ((*row, row[3]) for row in names))
    values: dict[str, Any] = {"ra": 174.4, "dec": -46.7, "mjd_obs": 56057.1, "exptime": 1500.0, "snr": 21.5}
    values |= {"wave_min": 478.0, "wave_max": 681.0, "fluxcal": "ABSOLUTE", "size": 4_400_000, "target": "HD 101065"}
    preview = {"wave": [478.0 + n for n in range(100)], "low": [10.0] * 100, "high": [20.0] * 100}
    sample = Product(category="SCIENCE.SPECTRUM", url="file:///archive", registered=LONG_AGO, preview=preview, **values)
    varied = ("id", "job_id", "ingestion_id", "dp_id", "original_name", "sha256")
    yield Table(sample, varied, ((pk, job, pk, name, f"UVES_{name}.fits", digest) for pk, job, name, digest in names))


if __name__ == "__main__":
    main()
