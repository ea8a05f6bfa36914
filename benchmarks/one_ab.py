"""What phoenix adds to one AB: bare esorex (the floor) and the whole way from claim to INGESTED, in turn.

    python benchmarks/one_ab.py [--runs 3]

Prints one line per run and a JSON object with the medians, in seconds, as its last line.
"""

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SEED, DATE = 1, "2012-05-09"


def main() -> None:
    """Simulate one blue AB per run, then reduce each twice."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory(prefix="phoenix-bench-") as name:
        enter(Path(name))
        rows = list(measure(Path(name), runs))
    result = {key: round(statistics.median(row[key] for row in rows), 3) for key in rows[0]}
    print(json.dumps(result))


def enter(folder: Path) -> None:
    """Settings and an empty database below `folder`."""
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "phoenix_site.settings",
        "DATABASE_URL": f"sqlite:///{folder / 'bench.sqlite3'}",
        "PHOENIX_WORK_DIR": str(folder / "work"),
        "DFO_CAL_DIR": str(folder / "work" / "cal"),
        "PHOENIX_ARCHIVE_URL": (folder / "archive").as_uri(),
        "PHOENIX_INGEST_URL": (folder / "products").as_uri(),
        "PHOENIX_WINDOW": "00:00-24:00",
        "LOG_LEVEL": "WARNING",
    }
    sys.path.insert(0, str(ROOT))
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def measure(folder: Path, runs: int):
    """A row per run: seconds of bare esorex, of phoenix, and of the recipe within phoenix."""
    from processing import control
    from processing.demo import masters, night, plan
    from processing.models import Job
    from processing.workflow.ingest import ingest
    from processing.workflow.prepare import prepare
    from processing.workflow.process import process

    kinds = [plan.BLUE] * (runs + 1)
    night.simulate(folder, kinds=kinds, seed=SEED, date=DATE, advance=quiet)
    cache = masters.make(ROOT / "var" / "masters", seed=SEED, date=DATE, arms=["blue"], advance=quiet)
    masters.install(cache, folder / "archive")
    list(control.register_files(control.find_files([folder / "abs"])))
    prepare()
    process(), ingest()  # the first one imports and warms up; it does not count
    for run in range(runs):
        start = time.perf_counter()
        process()
        processed = time.perf_counter()
        ingest()
        end = time.perf_counter()
        job = Job.objects.filter(state="INGESTED").latest("ended")
        row = {"esorex_alone": bare(folder, job), "recipe": job.seconds, "phoenix": end - start}
        row |= {"added_processing": processed - start - job.seconds, "added_ingestion": end - processed}
        print(f"run {run + 1}: " + ", ".join(f"{key} {value:.3f}" for key, value in row.items()))
        yield row


def bare(folder: Path, job) -> float:
    """The same recipe on the same frames, without phoenix: seconds of wall-clock time."""
    from processing import registry
    from processing.core.ports import FileKind
    from processing.plugins import esorex
    from processing.plugins.executors.local import LocalExecutor

    scratch = folder / "bare"
    certificate, ab = job.certificate.value, job.block.value
    frames = [(registry.archive().fetch(FileKind.RAW, f"{r.dp_id}.fits", scratch), r.tag) for r in ab.raws]
    frames += [(folder / "archive" / "mcalib" / name, category) for name, category, _ in certificate.used(ab)]
    command = esorex.command(ab.recipe, frames, scratch, parameters=certificate.recipe_parameters(ab))
    seconds = LocalExecutor().run(command).seconds
    shutil.rmtree(scratch)
    return seconds


def quiet(_item: str) -> None:
    """No progress bar."""


if __name__ == "__main__":
    main()
