"""How long `phoenix register` takes for 100,000 AB files, and whether an AB costs more where a million are registered.

    python -m benchmarks.register [--files 100000] [--abs 1000000] [--rounds 3]

On a PostgreSQL of its own that loses nothing.  The floor reads the same files and brings the same rows by COPY into the
same tables.  Prints a line per measurement and a JSON object as its last line.  The ratio of an AB's cost with `--abs`
ABs to that with a tenth of the files is that of CPU seconds, client and server, without what the command takes to
start; that of wall-clock times stands beside it.
"""

import argparse
import contextlib
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psutil
import psycopg2

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "tests" / "samples"
# Of ten ABs: one is rejected for a virtual calibration, one is of another mode.
KINDS = (*["uves_point_source"] * 8, "uves_absorption_cell", "uves_virtual_calib")
FIRST, OF_A_DATE, SLICES = date(1999, 4, 1), 50, 10
# The machine has other guests: less than what deploy/postgresql.conf takes.
SERVER = ("shared_buffers=512MB", "max_wal_size=4GB")
TABLES = ("campaign", "instrument", "processingdate", "associationblock", "rawframe", "job", "score", "event")
"""Whatever registering fills, each after those that it refers to."""


@dataclass(frozen=True)
class Spent:
    """What one run took: seconds, CPU seconds of the command and of the database, peak memory in MB."""

    seconds: float
    cpu: float
    database: float
    memory: float = 0.0

    @property
    def work(self) -> float:
        """CPU seconds in all."""
        return self.cpu + self.database


def main() -> None:
    """Write the files, then register them here and there."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--abs", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3, help="at most 9")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="phoenix-register-") as name, Site.running(Path(name)) as site:
        write(site.folder / "abs", options.files)
        numbers = whole(site, options.files) | flat(site, options.abs, min(options.rounds, SLICES - 1))
    print(json.dumps({key: round(value, 3) for key, value in numbers.items()}))


def write(folder: Path, files: int) -> None:
    """AB files of many dates, a folder each, below as many slices."""
    texts = [(SAMPLES / f"{kind}.ab").read_text() for kind in KINDS]
    stamps = [re.findall(r"^AB_NAME\t(\S+)\.ab$", text, re.MULTILINE)[0] for text in texts]
    for number in range(files):
        day, at = FIRST + timedelta(days=number // OF_A_DATE), 600 * (number % OF_A_DATE)
        stamp = f"UVES.{day + timedelta(days=1)}T{at // 3600:02}:{at // 60 % 60:02}:{number % 60:02}.{number % 997:03}"
        text = texts[number % len(texts)].replace(stamps[number % len(texts)], stamp)
        text = text.replace("2012-05-09", day.isoformat()).replace("120509", f"{day:%y%m%d}")
        file = folder / f"slice-{number * SLICES // files}" / day.isoformat() / f"{stamp}.ab"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


@dataclass
class Site:
    """A server with several databases, and the command beside it."""

    folder: Path
    url: str
    server: psutil.Process

    @classmethod
    @contextlib.contextmanager
    def running(cls, folder: Path) -> Iterator["Site"]:
        """One whose commits wait for the disk."""
        from tests import postgres

        with postgres.restartable(folder, (*postgres.DURABLE, *SERVER)) as (url, _):
            yield cls(folder, url, next(p for p in psutil.Process().children() if p.name() == "postgres"))

    def database(self, name: str) -> None:
        """Make one, migrated and empty."""
        self.ask("postgres", f"CREATE DATABASE {name}")
        self.manage(name, "migrate", "--verbosity=0")

    def at(self, name: str) -> str:
        """The URL of a database."""
        return f"{self.url.removesuffix('postgres')}{name}"

    def connect(self, name: str) -> Any:
        """A connection to a database."""
        return psycopg2.connect(host=str(self.folder / "postgresql"), user="phoenix", dbname=name)

    def ask(self, name: str, sql: str) -> list[tuple[object, ...]]:
        """The rows of a statement, if it has any."""
        with contextlib.closing(self.connect(name)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return list(cursor.fetchall()) if cursor.description else []

    def manage(self, name: str, *arguments: str | Path) -> Spent:
        """Run `manage.py` on a database, to its end."""
        return self.run(name, ROOT / "manage.py", *arguments)

    def run(self, name: str, *arguments: str | Path) -> Spent:
        """Run Python on a database, to its end; an error ends the measurement."""
        environment = os.environ | {
            "DATABASE_URL": self.at(name),
            "DJANGO_SETTINGS_MODULE": "phoenix_site.settings",
            "SECRET_KEY": "for measurements only",
            "LOG_LEVEL": "ERROR",
            "PHOENIX_BROKER_URL": "",
            "PHOENIX_WORK_DIR": str(self.folder / "work"),
        }
        begun, before = time.perf_counter(), busy(self.server)
        with (self.folder / "out").open("w") as out:
            process = subprocess.Popen([sys.executable, *arguments], cwd=ROOT, env=environment, stdout=out)  # noqa: S603
            _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{arguments}: {process.returncode}, {(self.folder / 'out').read_text()[-500:]}")
        seconds, database = time.perf_counter() - begun, busy(self.server) - before
        return Spent(seconds, used.ru_utime + used.ru_stime, database, used.ru_maxrss / 1024)

    def register(self, name: str, *folders: Path) -> Spent:
        """Register AB files, after what was done before is put away."""
        self.ask(name, "CHECKPOINT")
        spent = self.manage(name, "phoenix", "register", *folders)
        told = f"{spent.seconds:8.1f} s  {spent.cpu:7.1f} s CPU  {spent.database:7.1f} s CPU of the database"
        print(f"{name:<12} {', '.join(one.name for one in folders):<10} {told}  {spent.memory:6.0f} MB", flush=True)
        return spent


def whole(site: Site, files: int) -> dict[str, float]:
    """All files at once into an empty database, and the floor."""
    site.database("register")
    (empty := site.folder / "none").mkdir()
    start = site.register("register", empty)
    spent = site.register("register", site.folder / "abs")
    [(found,)] = site.ask("register", "SELECT count(*) FROM processing_job")
    if found != files:
        raise SystemExit(f"of {files} files there are {found} jobs")
    floor = copied(site)
    print(f"{'floor':<12} {'':<10} {floor.seconds:8.1f} s  {floor.work:7.1f} s CPU", flush=True)
    # The key means 100,000, whatever was asked for: what the command takes to start, it takes once.
    scale = 100_000 / files
    return {
        "register_100k_seconds": start.seconds + (spent.seconds - start.seconds) * scale,
        "register_mb": spent.memory,
        "register_cpu_seconds": start.cpu + (spent.cpu - start.cpu) * scale,
        "register_database_cpu_seconds": spent.database * scale,
        "register_over_copy": spent.seconds / floor.seconds,
        "register_over_copy_cpu": spent.work / floor.work,
        "register_start_seconds": start.seconds,
    }


def copied(site: Site) -> Spent:
    """Read the files, and bring the rows that registering made into a database like the first."""
    site.database("floor")
    rows = site.folder / "rows"
    rows.mkdir()
    files = {f"processing_{table}": rows / table for table in TABLES}
    with contextlib.closing(site.connect("register")) as source, source.cursor() as cursor:
        for table, file in files.items():
            with file.open("wb") as stream:
                cursor.copy_expert(f"COPY {table} TO STDOUT", stream)
    site.ask("floor", "DELETE FROM processing_campaign")
    site.ask("floor", "CHECKPOINT")
    begun, before, own = time.perf_counter(), busy(site.server), time.process_time()
    for file in sorted((site.folder / "abs").rglob("*.ab")):
        file.read_bytes()
    with contextlib.closing(site.connect("floor")) as target, target, target.cursor() as cursor:
        for table, file in files.items():
            with file.open("rb") as stream:
                cursor.copy_expert(f"COPY {table} FROM STDIN", stream)
    return Spent(time.perf_counter() - begun, time.process_time() - own, busy(site.server) - before)


def busy(server: psutil.Process) -> float:
    """CPU seconds of a server, its children, and those that have ended, so far."""
    while True:
        # One that ends meanwhile is counted by the server from then on.
        with contextlib.suppress(psutil.NoSuchProcess):
            return sum(sum(p.cpu_times()[: 4 if p == server else 2]) for p in [server, *server.children()])


def flat(site: Site, number: int, rounds: int) -> dict[str, float]:
    """The cost of a slice where few ABs are registered, and where many are, in turn."""
    for name in ("few", "many"):
        site.database(name)
    first, *slices = sorted((site.folder / "abs").iterdir())
    site.register("few", first)
    print(f"loading {number} ABs", flush=True)
    site.run("many", "-m", "benchmarks.sky", f"--abs={number}")
    start = site.register("few", site.folder / "none")
    spent: dict[str, list[Spent]] = {"few": [], "many": []}
    for part in slices[:rounds]:
        for name, taken in spent.items():
            taken.append(site.register(name, part))
    few, many = (cost(spent[name], start) for name in ("few", "many"))
    return {"register_flat": many[0] / few[0], "register_flat_seconds": many[1] / few[1]}


def cost(spent: Sequence[Spent], start: Spent) -> tuple[float, float]:
    """CPU seconds and seconds of a slice, without the start: the medians."""
    return (
        statistics.median(one.work for one in spent) - start.work,
        statistics.median(one.seconds for one in spent) - start.seconds,
    )


if __name__ == "__main__":
    main()
