"""Parallel efficiency with two workers: phoenix, and systems that run the same command and keep nothing of it.

    python -m benchmarks.efficiency [--quarter 400] [--two 100] [--only NAME ...]

The job is benchmarks/peers/job.sh: it sleeps, and notes when it began and ended.  Efficiency is Σt/2 over the time
from the first beginning to the last end, for every system; t is what was asked for, so the start of a process counts
as loss.  phoenix, with a PostgreSQL of its own that keeps what it commits, keeps a whole life of each job; its
efficiency is also told from the first claim to the last job that is PROCESSED, and to the last that is INGESTED.
Four jobs before the first batch count for nobody.  A peer that cannot be here is left out, with the reason.  Prints a
line per system and batch, and a JSON object as its last line.
"""

import argparse
import contextlib
import json
import os
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks import site
from benchmarks.others import JOB, PEERS, WORKERS, Absent, Submit

WARM = 4
FIRST = date(2012, 5, 1)


@dataclass(frozen=True)
class Batch:
    """So many jobs of the same length."""

    name: str
    number: int
    seconds: float

    def efficiency(self, makespan: float) -> float:
        """Ideal over measured."""
        return self.number * self.seconds / WORKERS / makespan


def main() -> None:
    """One system after the other."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--quarter", type=int, default=400, help="jobs of 0.25 s")
    parser.add_argument("--two", type=int, default=100, help="jobs of 2 s")
    parser.add_argument("--only", nargs="*", default=["phoenix", *PEERS], metavar="NAME", help="some systems")
    options = parser.parse_args()
    batches = [Batch("0.25s", options.quarter, 0.25), Batch("2s", options.two, 2.0)]
    found: dict[str, float] = {}
    for name in options.only:
        with tempfile.TemporaryDirectory(prefix=f"phoenix-{name}-") as folder:
            Path(folder).chmod(0o755)
            try:
                found |= phoenix(Path(folder), batches) if name == "phoenix" else peer(name, Path(folder), batches)
            except Absent as why:
                print(f"{name} is left out: {why}", flush=True)
    print(json.dumps({key: round(value, 4) for key, value in found.items()}))


def peer(name: str, folder: Path, batches: Sequence[Batch]) -> dict[str, float]:
    """The efficiency of one peer."""
    found = {}
    with PEERS[name](folder) as submit:
        ran(submit, Batch("warm", WARM, 0.1), folder / "stamps")
        for batch in batches:
            makespan = ran(submit, batch, folder / "stamps")
            found[f"efficiency_{batch.name}_{name}"] = shown(name, batch, makespan)
    return found


def ran(submit: Submit, batch: Batch, stamps: Path) -> float:
    """Give the system its jobs; seconds from the first beginning to the last end."""
    stamps.write_text("")
    submit(batch.number, ("sh", str(JOB), str(batch.seconds), str(stamps)))
    site.wait(lambda: stamps.read_text().count("\n") >= batch.number)
    times = [[float(word) for word in line.split()] for line in stamps.read_text().splitlines()]
    return max(end for _, end in times) - min(begin for begin, _ in times)


def shown(name: str, batch: Batch, makespan: float) -> float:
    """Say how it went."""
    value = batch.efficiency(makespan)
    print(f"{name:<10} {batch.number:4} jobs of {batch.seconds:4} s: {makespan:7.2f} s, {value:.4f}", flush=True)
    return value


def phoenix(folder: Path, batches: Sequence[Batch]) -> dict[str, float]:
    """The efficiency of phoenix, in the same way and by its own times."""
    found, first = {}, FIRST
    with started(folder) as stamps:
        for batch in (Batch("warm", WARM, 0.1), *batches):
            days: list[date] = []

            def submit(number: int, command: Sequence[str]) -> None:
                days[:] = site.add(first, number, float(command[2]))  # noqa: B023 - called at once

            makespan = ran(submit, batch, stamps)
            site.wait(lambda: site.finished(*days))  # noqa: B023 - called at once
            first = days[-1] + timedelta(days=1)
            if batch.name != "warm":
                found[f"efficiency_{batch.name}"] = shown("phoenix", batch, makespan)
                found |= told(batch, days)
    return found


@contextlib.contextmanager
def started(folder: Path) -> Iterator[Path]:
    """A running site; gives the file of beginnings and ends."""
    with site.database(folder):
        site.enter(folder, WORKERS, recipe="Timed")
        with site.cluster(folder, WORKERS):
            yield Path(os.environ["STAMPS"])


def told(batch: Batch, days: Sequence[date]) -> dict[str, float]:
    """By the times in the database: efficiencies, and where a worker's time beside the recipe goes."""
    from processing.models import Job

    rows: list[Any] = list(Job.objects.filter(date__date__in=days))
    claimed = min(row.claimed for row in rows if row.claimed)
    found = {}
    for word in ("processed", "ended"):
        last = max(getattr(row, word) for row in rows)
        found[f"efficiency_{batch.name}_{word}"] = batch.efficiency((last - claimed).total_seconds())
    steps = {
        "to_start": [(row.started - row.claimed).total_seconds() for row in rows],
        "recipe": [(row.seconds or 0) - batch.seconds for row in rows],
        "to_processed": [(row.processed - row.started).total_seconds() - (row.seconds or 0) for row in rows],
        "to_next_claim": gaps(rows),
    }
    each = {f"efficiency_{batch.name}_{name}_ms": 1000 * statistics.fmean(taken) for name, taken in steps.items()}
    print("           " + ", ".join(f"{key.split('_', 2)[2]} {value:.3g}" for key, value in (found | each).items()))
    return found | each


def gaps(rows: Sequence[Any]) -> list[float]:
    """Seconds from each PROCESSED of a worker to its next claim: ingestion, and the queue."""
    found: list[float] = []
    free: dict[str, datetime] = {}
    for row in sorted(rows, key=lambda row: row.claimed):
        if row.owner in free:
            found.append((row.claimed - free[row.owner]).total_seconds())
        free[row.owner] = row.processed
    return found or [0.0]


if __name__ == "__main__":
    main()
