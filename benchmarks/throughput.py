"""How many whole lives of jobs a second two workers manage, with a recipe that does nothing.

    python -m benchmarks.throughput [--jobs 2000] [--workers 2]

On a PostgreSQL of its own that keeps what it commits, with a real supervisor and cluster: from the registration of
the text to INGESTED, every state and event between, each AB with a frame, scores, QC1 parameters, two files of the
pipeline and a product in the archive that is like no other.  `jobs_per_second` is the number of jobs over the time of
registration, while nothing else runs, plus that from the first claim to the last INGESTED; `_processed` and
`_ingested` count from the first claim alone; `_by_cpu` is what two cores could do that had nothing else to do.
CPU time per job is that of this process, which registers, of workers and the rest of the cluster, of the supervisor
and of the database; `jobs_ingestion_ms` is the part of the workers' that went to ingestion.  `worker_mb` is the most
that one process of the cluster had resident, from the hundredth job of all workers on.  Prints a JSON object as its
last line.
"""

import argparse
import contextlib
import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import psutil

from benchmarks import site

FIRST, WARM, CORES = date(2012, 5, 1), 4, 2
MATURE = 100
"""Jobs that all workers together have done before their memory is looked at."""


@dataclass
class Cluster:
    """A supervisor, the processes below it, and their database."""

    supervisor: psutil.Process
    database: psutil.Process
    resident: float = 0.0
    """The most that a worker had, in MB."""
    own: float = 0.0
    """Of that, in MB, what it shared with nobody."""

    def spent(self) -> dict[str, float]:
        """CPU seconds so far, by who spent them."""
        whole = site.of_tree(self.supervisor)
        alone = sum(self.supervisor.cpu_times()[:2])
        return {
            "cluster": whole - alone,
            "supervisor": alone,
            "registration": time.process_time(),
            "database": site.of_tree(self.database),
            "ingestion": site.ingested()[0],
        }

    def look(self) -> None:
        """See how large the processes are."""
        for process in self.supervisor.children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if (resident := process.memory_info().rss / 1e6) > self.resident:
                    self.resident, self.own = resident, process.memory_full_info().uss / 1e6


def main() -> None:
    """Warm up, register, process."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--jobs", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="phoenix-throughput-") as name, site.database(Path(name)) as server:
        site.enter(Path(name), options.workers, recipe="Nothing")
        with site.cluster(Path(name), options.workers) as supervisor:
            found = measured(Cluster(supervisor, server), options.jobs)
    for key, value in found.items():
        print(f"{key:<30} {value:10.2f}")
    print(json.dumps({key: round(value, 3) for key, value in found.items()}))


def measured(cluster: Cluster, number: int) -> dict[str, float]:
    """So many jobs."""
    warm = site.add(FIRST, WARM, 0)
    site.wait(lambda: site.finished(*warm))
    begun = time.perf_counter()
    before = cluster.spent()
    days = site.add(FIRST + timedelta(days=1), number, 0)
    registered = time.perf_counter() - begun
    site.wait(lambda: grown(cluster, days), every=1.0)
    after = cluster.spent()
    each = {f"jobs_{name}_ms": 1000 * (value - before[name]) / number for name, value in after.items()}
    whole = sum(each.values()) - each["jobs_ingestion_ms"]
    return rates(days, number, registered) | {
        "jobs_per_second_by_cpu": 1000 * CORES / whole,
        **each,
        "worker_mb": cluster.resident,
        "worker_own_mb": cluster.own,
    }


def grown(cluster: Cluster, days: Sequence[date]) -> bool:
    """Whether all is finished; looks at the memory of workers that have done something."""
    from processing.models import Job

    if Job.objects.exclude(ended=None).count() >= MATURE:
        cluster.look()
    return site.finished(*days)


def rates(days: Sequence[date], number: int, registered: float) -> dict[str, float]:
    """Jobs per second; SystemExit if any of them did not get its product into the archive."""
    from processing.models import Event, Job, Product

    rows = Job.objects.filter(date__date__in=days)
    if Product.objects.filter(job__in=rows).count() != number:
        raise SystemExit("not every job has its product")
    times = list(rows.values_list("claimed", "processed", "ended", "cpu_seconds"))
    first = min(row[0] for row in times)
    processed, ended = ((max(row[at] for row in times) - first).total_seconds() for at in (1, 2))
    return {
        "jobs_per_second": number / (registered + ended),
        "jobs_per_second_registered": number / registered,
        "jobs_per_second_processed": number / processed,
        "jobs_per_second_ingested": number / ended,
        "jobs_events": Event.objects.filter(subject="job", subject_id__in=rows.values("pk")).count() / number,
        "jobs_recipes_ms": 1000 * sum(row[3] for row in times) / number,
    }


if __name__ == "__main__":
    main()
