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
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil

from benchmarks.clock import Night, bound
from benchmarks.sample import Site
from processing.core.prediction import Kind, Learned
from processing.core.schedule import Window, read_window

FIRST, DAY = date(2012, 5, 1), timedelta(days=1)
TYPICAL = 100.0
"""Seconds of a run of the sample, on average."""
WORST = 1.03
PATIENCE = 600.0
"""Seconds that a night may take before this is given up."""
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
        window = enter(Path(name), options.workers)
        with cluster(Path(name)) as worker:
            found = run(month, sample, options.nights, (worker, server))
            found |= kept(window, Path(name))
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
    dispatch = each["workers"] + each["database"] - each["recipes"] - each["ingestion"]
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
    from django.db import connection
    from django.db.models import Sum

    from benchmarks.stub import SPENT
    from processing.models import Job

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        mine = psutil.Process(cursor.fetchone()[0])
    file = Path(os.environ["PHOENIX_WORK_DIR"]) / SPENT
    return {
        "workers": of_tree(ours[0]),
        "database": of_tree(ours[1]) - of_tree(mine),
        "recipes": Job.objects.aggregate(all=Sum("cpu_seconds"))["all"] or 0.0,
        "ingestion": sum(map(float, file.read_text().split())) if file.exists() else 0.0,
    }


def of_tree(process: psutil.Process) -> float:
    """CPU seconds of a process and all that it has started, those that have ended included."""
    found = 0.0
    for one in (process, *process.children(recursive=True)):
        with contextlib.suppress(psutil.Error):
            found += sum(one.cpu_times()[:4])
    return found


def loop() -> float:
    """CPU seconds of something simple."""
    start, number = time.process_time(), 0
    for each in range(LOOP):
        number += each
    return time.process_time() - start


@contextlib.contextmanager
def database(folder: Path) -> Iterator[psutil.Process]:
    """A server that keeps what it has committed, as a site's; `DATABASE_URL` names it."""
    from tests import postgres

    with postgres.restartable(folder, postgres.DURABLE) as (url, _):
        os.environ["DATABASE_URL"] = url
        yield next(one for one in psutil.Process().children(recursive=True) if one.name() == "postgres")


def enter(folder: Path, workers: int) -> Window:
    """Django set up for a site whose window opens at the next minute but one."""
    from django.core.management import call_command

    opens = datetime.now(UTC) + timedelta(seconds=90)
    window = f"{opens:%H:%M}-{opens - timedelta(minutes=5):%H:%M}"
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "benchmarks.stub",
        "SECRET_KEY": "for benchmarks only",
        "PHOENIX_BROKER_URL": "",
        "PHOENIX_WINDOW": window,
        "PHOENIX_WORK_DIR": str(folder / "work"),
        "DFO_CAL_DIR": str(folder / "work" / "cal"),
        "PHOENIX_ARCHIVE_URL": (folder / "archive").as_uri(),
        "PHOENIX_INGEST_URL": (folder / "products").as_uri(),
        "PHOENIX_WORKERS": str(workers),
        "LOG_LEVEL": "WARNING",
    }
    import django

    django.setup()
    call_command("migrate", verbosity=0)
    from processing.models import Certificate
    from tests import testcam

    testcam.build(folder / "archive")
    Certificate.objects.load([testcam.CERTIFICATE])
    return read_window(window)


@contextlib.contextmanager
def cluster(folder: Path) -> Iterator[psutil.Process]:
    """A supervisor with its cluster, once its workers are there."""
    command = [sys.executable, "manage.py", "phoenix", "worker", "--grace", "20"]
    log = folder / "cluster.log"
    with (
        log.open("wb") as output,
        subprocess.Popen(  # noqa: S603 - our own
            command, stdout=output, stderr=output
        ) as process,
    ):
        try:
            time.sleep(15)
            yield psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait(60)
            sys.stderr.write(log.read_text()[-2000:])


def register(day: date, night: Night, shorter: float) -> None:
    """The ABs of a night, with their raw frames in the archive."""
    from django.conf import settings

    from processing.workflow.register import register as add

    raw = Path(settings.PHOENIX["ARCHIVE"]["OPTIONS"]["root"]) / "raw"
    for number, job in enumerate(night.jobs):
        dp_id = f"TC.{day + DAY}T{number // 60:02d}:{number % 60:02d}:00.000"
        (raw / f"{dp_id}.fits").write_bytes(b"raw")
        add(ab_text(day, dp_id, job.kind, job.actual * shorter), f"{dp_id}.ab")


def ab_text(day: date, dp_id: str, kind: Kind, seconds: float) -> str:
    """An AB of one raw frame; what the sample calls setup and frames makes its wavelength."""
    x, y = kind.binning.split("x")
    wavelength = 300 + 100 * int(kind.setup[1:]) + kind.frames
    return f"""INSTRUMENT\tTESTCAM
DATE\t{day}
DPR_CATG\tSCIENCE
RECIPE\ttest_recipe
AB_NAME\t{dp_id}.ab
RAW_MATCH_KEY\tDPR_TECH=ECHELLE
RAW_MATCH_KEY\tINS_GRAT1_WLEN={wavelength}
RAW_MATCH_KEY\tDET_WIN1_BINX={x}
RAW_MATCH_KEY\tDET_WIN1_BINY={y}
RAWFILE\t$DFO_RAW_DIR/{day}/{dp_id}.fits\tSCI_POINT_ONE
MCALIB\tREAL\t$DFO_CAL_DIR\tTC_MBIA.fits\tMASTER_BIAS_ONE\t-6.5\tNOK
RECIPE_PAR\tsleep={seconds:.3f}
"""


def wait(over: Callable[[], bool]) -> None:
    """Until it is over; raises TimeoutError if that takes too long."""
    end = time.monotonic() + PATIENCE
    while not over():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.25)


def finished(day: date) -> bool:
    """Whether a date is FINISHED."""
    from processing.models import ProcessingDate

    return ProcessingDate.objects.filter(date=day, state="FINISHED").exists()


def kept(window: Window, folder: Path) -> dict[str, Any]:
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
