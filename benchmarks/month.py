"""A month through a real cluster on a PostgreSQL of its own, with a recipe that only waits.

    python -m benchmarks.month [--nights 30] [--workers 2] [--seed 1] [--mean 0.25]

Run times are those of `benchmarks.sample`, shortened to a mean of about so many seconds.  A night comes when the one
before is finished; the first comes before the window opens.  Prints a line per night and a JSON object as its last
line.  Dispatch is the CPU time of workers, supervisor and database from first to last, without recipes, conversion and
ingestion of products, and without what they take while nothing is to be done (`month_idle_ms`, per second).  The
machine's speed is that of a simple loop, against the best that was seen here.  Fails if a job starts outside the
window, is not ingested, if a person had to act, or if a night of full length would take more than 1.03 times its lower
bound.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil

from benchmarks import site
from benchmarks.clock import Night, bound
from benchmarks.sample import Site
from benchmarks.site import ab, cluster, database, enter, finished, ingested, of_tree, own_server, wait
from processing.core.prediction import Learned
from processing.core.schedule import Window, read_window

FIRST, DAY = date(2012, 5, 1), timedelta(days=1)
TYPICAL = 100.0
"""Seconds of a run of the sample, on average."""
WORST = 1.03
REST = 20.0
"""Seconds for which the cluster is looked at before it has anything to do."""
LOOP = 200_000
"""Additions of the loop that tells how fast the machine is at a moment."""


@dataclass
class Month:
    """What was found, night after night."""

    shorter: float
    """What the run times of the sample are multiplied by."""
    workers: int
    ratios: list[float] = field(default_factory=list)
    """Makespan over its lower bound, of what the recipes took."""
    whole: list[float] = field(default_factory=list)
    """The same if recipes took their full time, and all else what it did."""
    jobs: int = 0
    loops: list[float] = field(default_factory=list)

    def add(self, day: date, night: Night) -> None:
        """A night that is finished."""
        from processing.models import Job

        rows = list(Job.objects.filter(date__date=day))
        took = [row.seconds or 0.0 for row in rows]
        span = max(row.processed for row in rows) - min(row.claimed for row in rows)  # type: ignore[type-var,operator]
        least, full = max(sum(took) / self.workers, *took), bound(night, self.workers)
        self.ratios.append(span.total_seconds() / least)
        self.whole.append((full + span.total_seconds() - least) / full)
        self.jobs += len(rows)
        self.loops.append(loop())
        print(
            f"{day}: {len(rows):3} ABs, recipes {sum(took):5.1f} s, makespan / bound {self.ratios[-1]:.3f}, "
            f"at full length {self.whole[-1]:.4f}",
            flush=True,
        )


def main() -> int:
    """Prepare, run, judge."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--nights", type=int, default=30)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mean", type=float, default=0.25)
    options = parser.parse_args()
    month, sample = Month(options.mean / TYPICAL, options.workers), Site(options.seed)
    month.loops += [loop() for _ in range(20)]
    with tempfile.TemporaryDirectory(prefix="phoenix-month-") as name, database(Path(name)) as server:
        window = soon()
        enter(Path(name), options.workers, window)
        with cluster(Path(name), options.workers) as worker:
            found = run(month, sample, options.nights, (worker, server))
            found |= kept(read_window(window))
    print(json.dumps(found))
    wrong = any(found[f"month_{name}"] for name in ("outside_window", "not_ingested", "actions"))
    return 1 if wrong or found["month_whole_worst"] > WORST else 0


def run(month: Month, sample: Site, nights: int, ours: tuple[psutil.Process, psutil.Process]) -> dict[str, float]:
    """So many nights, and what each job cost."""
    idle = at_rest(ours)
    before, start = measured(ours), time.perf_counter()
    for number in range(nights):
        day, night = FIRST + number * DAY, sample.night(FIRST + number * DAY, Learned())
        register(day, night, month.shorter)
        wait(lambda day=day: finished(day))  # type: ignore[misc]
        month.add(day, night)
    seconds = time.perf_counter() - start
    spent = {name: value - before[name] - seconds * idle.get(name, 0) for name, value in measured(ours).items()}
    each = {name: round(1000 * value / month.jobs, 1) for name, value in spent.items()}
    slow = statistics.mean(month.loops[20:]) / min(month.loops)
    ours_alone = each["workers"] - each["recipes"] - each["ingestion"]
    dispatch = ours_alone + each["database"] - each["ingestion_database"]
    return {
        "month_jobs": month.jobs,
        "month_seconds": round(seconds, 1),
        "month_idle_ms": round(1000 * sum(idle.values()), 1),
        "month_worst": round(max(month.ratios), 3),
        "month_whole_worst": round(max(month.whole), 4),
        "month_whole_median": round(statistics.median(month.whole), 4),
        **{f"month_{name}_ms": value for name, value in each.items()},
        "month_dispatch_ms": round(dispatch, 1),
        "month_machine": round(slow, 2),
        "month_dispatch_ms_alone": round(dispatch / slow, 1),
    }


def at_rest(ours: tuple[psutil.Process, psutil.Process]) -> dict[str, float]:
    """CPU seconds that a second costs while nothing is to be done."""
    before = measured(ours)
    time.sleep(REST)
    after = measured(ours)
    return {name: (after[name] - before[name]) / REST for name in ("workers", "database")}


def measured(ours: tuple[psutil.Process, psutil.Process]) -> dict[str, float]:
    """CPU seconds until now, by what they went to."""
    from django.db.models import Sum

    from processing.models import Job

    here, there = ingested()
    return {
        "workers": of_tree(ours[0]),
        "database": of_tree(ours[1]) - of_tree(own_server()),
        "recipes": Job.objects.aggregate(all=Sum("cpu_seconds"))["all"] or 0.0,
        "ingestion": here,
        "ingestion_database": there,
    }


def loop() -> float:
    """CPU seconds of something simple."""
    start, number = time.process_time(), 0
    for each in range(LOOP):
        number += each
    return time.process_time() - start


def soon() -> str:
    """A window that opens at the next minute but one."""
    opens = datetime.now(UTC) + timedelta(seconds=90)
    return f"{opens:%H:%M}-{opens - timedelta(minutes=5):%H:%M}"


def register(day: date, night: Night, shorter: float) -> None:
    """The ABs of a night; what the sample calls setup and frames makes their wavelength."""
    files = []
    for number, job in enumerate(night.jobs):
        setup = 300 + 100 * int(job.kind.setup[1:]) + job.kind.frames
        files.append(ab(day, number, job.actual * shorter, setup=setup, binning=job.kind.binning))
    site.register(files)


def kept(window: Window) -> dict[str, Any]:
    """What must not be."""
    from monitor.touches import TYPED
    from processing.models import Event, Job

    starts = Job.objects.values_list("started", flat=True)
    return {
        "month_outside_window": sum(start is None or not window.is_open(start) for start in starts),
        "month_not_ingested": Job.objects.exclude(state="INGESTED").count(),
        "month_actions": Event.objects.filter(who__contains=TYPED).count(),
    }


if __name__ == "__main__":
    sys.exit(main())
