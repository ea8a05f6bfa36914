"""A site of a measurement's own: PostgreSQL, the stub of an instrument with its archive, and a supervised cluster.

Its settings are those of `benchmarks.stub`.
"""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

import psutil

PATIENCE = 600.0
"""Seconds that something may take before it is given up."""
OTHERS = 5
"""Processes of a cluster beside its workers: supervisor, main process, sentinel, pusher, monitor."""
PER_DATE = 100
"""ABs of a date, at most."""
AB = """INSTRUMENT\tTESTCAM
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
DAY = timedelta(days=1)


@contextlib.contextmanager
def database(folder: Path) -> Iterator[psutil.Process]:
    """A server that keeps what it has committed, as a site's; `DATABASE_URL` names it."""
    from tests import postgres

    with postgres.restartable(folder, postgres.DURABLE) as (url, _):
        os.environ["DATABASE_URL"] = url
        yield next(one for one in psutil.Process().children(recursive=True) if one.name() == "postgres")


def enter(folder: Path, workers: int, window: str = "00:00-24:00", recipe: str = "Stub") -> None:
    """Django set up for a site with this window, whose recipe is that class of `benchmarks.stub`."""
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "benchmarks.stub",
        "SECRET_KEY": "for benchmarks only",
        "STUB": recipe,
        "STAMPS": str(folder / "stamps"),
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
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from processing.models import Certificate
    from tests import testcam

    testcam.build(folder / "archive")
    Certificate.objects.load([testcam.CERTIFICATE])


@contextlib.contextmanager
def cluster(folder: Path, workers: int) -> Iterator[psutil.Process]:
    """A supervisor with its cluster, once its workers are there; gives the supervisor."""
    command = [sys.executable, "manage.py", "phoenix", "worker", "--grace", "20"]
    log = folder / "cluster.log"
    with (
        log.open("wb") as output,
        subprocess.Popen(  # noqa: S603 - our own
            command, stdout=output, stderr=output
        ) as process,
    ):
        supervisor = psutil.Process(process.pid)
        try:
            wait(lambda: len(supervisor.children(recursive=True)) + 1 >= OTHERS + workers)
            time.sleep(1)
            yield supervisor
        finally:
            process.terminate()
            process.wait(60)
            sys.stderr.write(log.read_text()[-2000:])


def add(first: date, number: int, seconds: float) -> list[date]:
    """Register so many ABs, and put their frames into the archive; their dates.

    Registration is over by the time that the first of them can be taken.
    """
    days = [first + n * DAY for n in range(-(-number // PER_DATE))]
    register([ab(days[at // PER_DATE], at % PER_DATE, seconds) for at in range(number)])
    return days


def ab(day: date, number: int, seconds: float, *, setup: int = 500, binning: str = "1x1") -> Path:
    """An AB of one raw frame, which comes into the archive; its file."""
    from django.conf import settings

    raw = Path(settings.PHOENIX["ARCHIVE"]["OPTIONS"]["root"]) / "raw"
    dp_id = f"TC.{day + DAY}T{number // 60:02d}:{number % 60:02d}:00.000"
    (raw / f"{dp_id}.fits").write_bytes(b"raw")
    x, y = binning.split("x")
    file = raw.parent / f"{dp_id}.ab"
    file.write_text(AB.format(day=day, dp_id=dp_id, wavelength=setup, x=x, y=y, seconds=seconds))
    return file


def register(files: Sequence[Path]) -> None:
    """Register all of them at once, for whoever looks; RuntimeError if one is refused."""
    from django.db import transaction

    from processing import control

    with transaction.atomic():
        if refused := [one for one in control.register_files(files) if one.refused]:
            raise RuntimeError(refused[0])


def finished(*days: date) -> bool:
    """Whether these dates are all FINISHED."""
    from processing.models import ProcessingDate

    return ProcessingDate.objects.filter(date__in=days, state="FINISHED").count() == len(days)


def wait(over: Callable[[], object], every: float = 0.25) -> None:
    """Until it is over; raises TimeoutError if that takes too long."""
    end = time.monotonic() + PATIENCE
    while not over():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(every)


def of_tree(process: psutil.Process) -> float:
    """CPU seconds of a process and all that it has started, those that have ended included."""
    found = 0.0
    for each in (process, *process.children(recursive=True)):
        with contextlib.suppress(psutil.Error):
            found += sum(each.cpu_times()[:4])
    return found


def own_server() -> psutil.Process:
    """The database's process of this process's connection."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return psutil.Process(cursor.fetchone()[0])


def ingested() -> tuple[float, float]:
    """CPU seconds that workers have spent on ingestion, and that the database has for them."""
    from benchmarks.stub import SPENT

    file = Path(os.environ["PHOENIX_WORK_DIR"]) / SPENT
    numbers = list(map(float, file.read_text().split())) if file.exists() else []
    return sum(numbers[::2]), sum(numbers[1::2])
