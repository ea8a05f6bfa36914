"""How fast products are ingested: workers on a PostgreSQL of their own, and a plain copy by astropy, in turn.

    python -m benchmarks.ingest [--files 2000] [--workers 2] [--json FILE]

The floor is astropy's reading of the pipeline's files and writing of the same table, by as many processes.  Prints
a line per measurement and a JSON object as its last line.
"""

import argparse
import contextlib
import gc
import hashlib
import importlib
import json
import multiprocessing
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from benchmarks import products

BATCH = 25
"""Files per process between two changes from ingestion to floor."""
FIRST = 4
"""Files per process that are not counted: everything is imported and connected by then."""
STEPS = {"to_file": "convert", "validate": "validate", "store": "store", "register": "register"}
"""Functions of the workflow, and what they are called here."""
SECONDS: Counter[str] = Counter()
"""CPU time by step, of this process."""


def main() -> None:
    """Prepare, measure, and see that every product is there once."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", type=Path, help="write the result to this file, too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="phoenix-ingest-") as name, site(Path(name)) as database:
        template = products.template(Path(name) / "template")
        products.wait(template, options.files)
        with contextlib.ExitStack() as running:
            pools = [running.enter_context(worker()) for _ in range(options.workers)]
            run = Run(pools, template, database)
            run.whole()
            once(options.files)
    found = {key: round(value, 3) for key, value in run.result().items()}
    for key, value in found.items():
        print(f"{key:<34} {value:10.2f}")
    if options.json:
        options.json.write_text(json.dumps(found))
    print(json.dumps(found))


@contextlib.contextmanager
def site(folder: Path) -> Iterator[psutil.Process]:
    """Folders and a database that loses nothing; gives its server."""
    from tests import postgres

    with postgres.restartable(folder, postgres.DURABLE) as (url, _):
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "phoenix_site.settings",
            "DATABASE_URL": url,
            "SECRET_KEY": "for measurements only",
            "PHOENIX_WORK_DIR": str(folder / "work"),
            "DFO_CAL_DIR": str(folder / "cal"),
            "PHOENIX_ARCHIVE_URL": (folder / "archive").as_uri(),
            "PHOENIX_INGEST_URL": (folder / "products").as_uri(),
            "LOG_LEVEL": "WARNING",
        }
        (folder / "products").mkdir()
        enter()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        yield next(p for p in psutil.Process().children() if p.name() == "postgres")


def enter() -> None:
    """Set Django up, in this process or in a worker, which begins as those of a cluster do."""
    import django

    django.setup()
    importlib.import_module("processing.tasks")
    gc.freeze()


def worker() -> ProcessPoolExecutor:
    """One process of its own."""
    return ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), initializer=enter)


@dataclass(frozen=True)
class Spent:
    """What one process did in a batch: files, CPU seconds, those by step, resident memory in MB after it."""

    files: int
    cpu: float
    steps: dict[str, float] = field(default_factory=dict)
    memory: float = 0.0


def ingest(most: int) -> Spent:
    """In a worker: what a queue's messages do, until nothing is due or so many are done."""
    from processing.workflow import ingest as steps

    if not SECONDS:
        for name in STEPS:
            setattr(steps, name, timed(getattr(steps, name)))
    SECONDS.clear()
    begun, done = time.process_time(), 0
    while done < most and (more := steps.ingest()):
        done += more
    SECONDS["claim_and_conclude"] = time.process_time() - begun - sum(SECONDS.values())
    return Spent(done, time.process_time() - begun, dict(SECONDS), psutil.Process().memory_info().rss / 1e6)


def timed(step: Callable[[Any], object]) -> Callable[[Any], object]:
    """The step, with its CPU time noted."""

    def stepping(item: Any) -> object:
        begun = time.process_time()
        try:
            return step(item)
        finally:
            SECONDS[STEPS[step.__name__]] += time.process_time() - begun

    return stepping


def copy(template: Path, folder: Path, most: int) -> Spent:
    """In a worker: the floor."""
    begun = time.process_time()
    for number in range(most):
        products.read_and_write(template, folder / f"{os.getpid()}-{number}.fits")
    return Spent(most, time.process_time() - begun)


class Run:
    """Batches of both kinds in turn, and what they took."""

    def __init__(self, pools: Sequence[ProcessPoolExecutor], template: Path, database: psutil.Process) -> None:
        self.pools = pools
        self.template = template
        self.database = database
        self.files: Counter[str] = Counter()
        self.wall: Counter[str] = Counter()
        self.cpu: Counter[str] = Counter()
        self.steps: Counter[str] = Counter()
        self.memory: list[float] = []

    def whole(self) -> None:
        """Until nothing is due; the first files are not counted."""
        self.ingest(FIRST), self.copy(FIRST)
        for counter in (self.files, self.wall, self.cpu, self.steps):
            counter.clear()
        while self.ingest(BATCH):
            self.copy(BATCH)

    def ingest(self, most: int) -> int:
        """A batch of ingestions; how many there were."""
        before = busy(self.database)
        spent = self.batch("ingest", ingest, most)
        self.cpu["database"] += busy(self.database) - before
        for one in spent:
            self.steps.update(one.steps)
        self.memory.append(max(one.memory for one in spent))
        return sum(one.files for one in spent)

    def copy(self, most: int) -> None:
        """A batch of the floor; its files go at once."""
        with tempfile.TemporaryDirectory(dir=self.template.parent) as folder:
            self.batch("copy", copy, self.template, Path(folder), most)

    def batch(self, kind: str, work: Callable[..., Spent], *arguments: Any) -> list[Spent]:
        """The same in all processes at once."""
        begun = time.perf_counter()
        spent = [future.result() for future in [pool.submit(work, *arguments) for pool in self.pools]]
        self.wall[kind] += time.perf_counter() - begun
        self.cpu[kind] += sum(one.cpu for one in spent)
        self.files[kind] += sum(one.files for one in spent)
        return spent

    def result(self) -> dict[str, float]:
        """Ratios, rates, milliseconds of CPU per file, memory of the larger worker in MB."""
        files, copies = self.files["ingest"], self.files["copy"]
        rate, floor = files / self.wall["ingest"], copies / self.wall["copy"]
        per_file, per_copy = self.cpu["ingest"] / files, self.cpu["copy"] / copies
        return {
            "ingest_over_copy": floor / rate,
            "ingest_over_copy_cpu": per_file / per_copy,
            "ingest_files_per_second": rate,
            "copy_files_per_second": floor,
            "ingest_cpu_ms": per_file * 1e3,
            "copy_cpu_ms": per_copy * 1e3,
            **{f"{step}_cpu_ms": seconds / files * 1e3 for step, seconds in self.steps.items()},
            "database_cpu_ms": self.cpu["database"] / files * 1e3,
            "worker_memory_first_mb": self.memory[1],
            "worker_memory_last_mb": self.memory[-1],
        }


def busy(process: psutil.Process) -> float:
    """CPU seconds of a server and its children so far."""
    return sum(sum(p.cpu_times()[: 4 if p == process else 2]) for p in [process, *process.children()])


def once(files: int) -> None:
    """Every product is in the catalogue and in the archive once, under its own name and with its own content."""
    from django.conf import settings

    from processing.core.states import JobState
    from processing.models import Job, Product

    rows = {f"{name}.fits": sha256 for name, sha256 in Product.objects.values_list("dp_id", "sha256")}
    root = Path(settings.PHOENIX["INGESTOR"]["OPTIONS"]["root"])
    stored = [path for path in root.rglob("ADP.*") if path.suffix == ".fits"]
    counts = {
        "stored": len(stored),
        "catalogued": len(rows),
        "of different content": len(set(rows.values())),
        "jobs with a product": Product.objects.values("job").distinct().count(),
        "jobs ingested": Job.objects.filter(state=JobState.INGESTED).count(),
    }
    if set(counts.values()) != {files}:
        raise SystemExit(f"of {files} products: {counts}")
    if {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in stored} != rows:
        raise SystemExit("a stored file is not what the catalogue says")


if __name__ == "__main__":
    main()
