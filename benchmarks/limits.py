"""How soon the engine reacts, and what it costs when idle: a supervised cluster on a PostgreSQL of its own.

    python -m benchmarks.limits [--idle 60]

Prints a line per measurement and a JSON object as its last line; times in seconds.  As root on Linux also how soon
the jobs of another host are taken for lost when that host vanishes.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from benchmarks.site import of_tree

ROOT = Path(__file__).resolve().parent.parent
SOME = 10  # jobs that have ended, so that the cluster is in full swing
LOGGED = ("log_statement=all", "log_min_duration_statement=-1")


def main() -> None:
    """Measure one after the other."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--idle", type=float, default=60.0, help="seconds to look at an idle cluster (60)")
    options = parser.parse_args()
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="phoenix-limits-") as name, site(Path(name)) as statements:
        with supervisor("here"):
            found["last_start_after_stop"] = stop_while_busy()
            found["terminate_to_nothing_left"] = terminate()
            found["killed_worker_to_lost"] = kill_a_worker()
            found |= idle(statements, options.idle)
        if os.geteuid() == 0:
            found["vanished_host_to_lost"] = vanish()
    print(json.dumps({key: round(value, 3) for key, value in found.items()}))


@contextlib.contextmanager
def site(folder: Path) -> Iterator[Callable[[], int]]:
    """Database, settings, the test instrument; gives a counter of the statements that the database got."""
    from tests import postgres

    with postgres.restartable(folder, (*postgres.DURABLE, *LOGGED)) as (url, _):
        folder.chmod(0o755)
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "DATABASE_URL": url,
            "SECRET_KEY": "for measurements only",
            "PHOENIX_WORK_DIR": str(folder / "work"),
            "DFO_CAL_DIR": str(folder / "cal"),
            "PHOENIX_ARCHIVE_URL": (folder / "archive").as_uri(),
            "PHOENIX_INGEST_URL": (folder / "products").as_uri(),
            "PHOENIX_DISK_LIMIT": "0",
            "LOG_LEVEL": "WARNING",
        }
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        from processing.models import Certificate
        from tests import testcam

        testcam.build(folder / "archive")
        Certificate.objects.load([testcam.CERTIFICATE])
        yield lambda: counted(folder)


def counted(folder: Path) -> int:
    """Statements in the server's log."""
    return (folder / "postgresql" / "log").read_bytes().count(b"statement: ")


@contextlib.contextmanager
def supervisor(name: str, *before: str) -> Iterator[psutil.Process]:
    """`phoenix worker`, until the block ends."""
    command = [*before, sys.executable, "manage.py", "phoenix", "worker", "--name", name, "--grace", "10"]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL)  # noqa: S603 - our own command
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


def add(first: int, number: int, **how: object) -> list[int]:
    """Register jobs of the test instrument, each with its raw frame; their ids."""
    from django.conf import settings

    from processing.workflow.register import register
    from tests.processing.conftest import ab_text

    jobs = []
    for index in range(first, first + number):
        job = register(ab_text(index, date=f"2012-06-{1 + index // 100:02d}", **how), f"{index}.ab").job
        for raw in job.block.raws.all():
            (Path(settings.PHOENIX["ARCHIVE"]["OPTIONS"]["root"]) / "raw" / f"{raw.dp_id}.fits").write_bytes(b"raw")
        jobs.append(job.pk)
    return jobs


def until(question: Callable[[], object], within: float = 120.0) -> float:
    """Seconds until the question has an answer."""
    begun = time.monotonic()
    while not question():
        if time.monotonic() - begun > within:
            raise TimeoutError
        time.sleep(0.02)
    return time.monotonic() - begun


def stop_while_busy() -> float:
    """Seconds from a stop, among many short jobs, to the last start; negative: nothing started after it."""
    from processing import control
    from processing.core.states import ENDED, JobState
    from processing.models import Job

    jobs = Job.objects.filter(pk__in=add(0, 80, sleep=0.2))
    until(lambda: jobs.filter(state__in=ENDED).count() >= SOME)
    stop = control.stop("", "measured", "benchmark")
    until(lambda: not jobs.filter(state__in=(JobState.RUNNING, JobState.PROCESSED)).exists())
    time.sleep(5)
    last = max(job.started for job in jobs.exclude(started=None))
    control.resume(stop, "benchmark")
    until(lambda: not jobs.exclude(state__in=ENDED).exists())
    return shown("last start after a stop", (last - stop.at).total_seconds())


def terminate() -> float:
    """Seconds from a stop that terminates until no recipe is left and every job has its end."""
    from processing import control
    from processing.core.states import JobState
    from processing.models import Job

    jobs = Job.objects.filter(pk__in=add(100, 2, sleep=300))
    until(lambda: jobs.exclude(started=None).filter(state=JobState.RUNNING).count() == len(jobs))
    tokens = {str(token) for token in jobs.values_list("token", flat=True)}
    stop = control.stop("", "measured", "benchmark", terminate=True)
    seconds = until(lambda: jobs.filter(state=JobState.STOPPED).count() == len(jobs) and not recipes(tokens))
    control.resume(stop, "benchmark")
    return shown("a stop that terminates until no recipe is left", seconds)


def recipes(tokens: set[str]) -> list[int]:
    """Processes that belong to these attempts."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get("PHOENIX_TOKEN") in tokens:
                found.append(process.pid)
    return found


def kill_a_worker() -> float:
    """Seconds from the death of a worker until its job is LOST in the database, and so on every page."""
    from processing.core.states import JobState
    from processing.models import Job

    (pk,) = add(200, 1, sleep=300)
    jobs = Job.objects.filter(pk=pk)
    until(lambda: jobs.exclude(started=None).filter(state=JobState.RUNNING).exists())
    psutil.Process(int(jobs.get().owner.split(":")[2])).kill()
    return shown("a killed worker until its job is LOST", until(lambda: jobs.filter(state=JobState.LOST).exists()))


def idle(statements: Callable[[], int], seconds: float) -> dict[str, float]:
    """Statements per second, and per cent of a core, of a cluster that has nothing to do."""
    time.sleep(15)
    ours = [process for process in psutil.Process().children() if process.name() != "postgres"]
    before, used = statements(), sum(map(of_tree, ours))
    time.sleep(seconds)
    load = 100 * (sum(map(of_tree, ours)) - used) / seconds
    rate = (statements() - before) / seconds
    return {
        "idle_statements_per_second": shown("statements per second when idle", rate),
        "idle_percent_of_a_core": shown("per cent of a core when idle", load),
    }


def vanish() -> float:
    """Seconds from the end of a whole host until another host's supervisor has ended its job; with the usual lease."""
    from processing.core.states import JobState
    from processing.models import Job

    (pk,) = add(300, 1, sleep=300)
    jobs = Job.objects.filter(pk=pk)
    elsewhere = ("unshare", "--uts", "sh", "-c", 'hostname elsewhere; exec "$@"', "sh")
    with supervisor("elsewhere", *elsewhere) as host:
        until(lambda: jobs.exclude(started=None).filter(state=JobState.RUNNING).exists())
        with supervisor("here"):
            time.sleep(10)
            for process in [host, *host.children(recursive=True)]:
                process.kill()
            seconds = until(lambda: jobs.filter(state=JobState.LOST).exists())
    return shown("a vanished host until its job is LOST", seconds)


def shown(what: str, value: float) -> float:
    """Print a measurement."""
    print(f"{what:<50} {value:8.2f}", flush=True)
    return value


if __name__ == "__main__":
    main()
