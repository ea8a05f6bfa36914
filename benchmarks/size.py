"""How large an AB is in the database, table by table, and how many of its updates touch no index.

    python -m benchmarks.size [--abs 2000] [--night FILE] [--full-pages]

Takes the rows of a night that `make demo` has processed (without --night it makes one, for which esorex must be
there), and writes copies of them into a PostgreSQL of its own, in the proportions of a site, as their lives
write them.  Prints a line per table and a JSON object as its last line; sizes in kB of 1,000 bytes.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.lives import NIGHT, SIZE, Lives

ROOT = Path(__file__).resolve().parent.parent
SERVER = ("autovacuum_naptime=2s", "autovacuum_vacuum_scale_factor=0.02", "shared_buffers=256MB")
SIZES = """
    SELECT c.relname, pg_relation_size(c.oid), pg_indexes_size(c.oid),
           coalesce(pg_total_relation_size(nullif(c.reltoastrelid, 0)), 0)
    FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
"""
UPDATES = "SELECT relname, n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables"
KB = 1000.0
GO = ("processing_event", "processing_joblog")
"""What becomes smaller when rows go into files."""
Sizes = Mapping[str, tuple[int, int, int]]


def main() -> None:
    """Fill, and look."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--abs", type=int, default=2000)
    parser.add_argument("--night", type=Path, help="the database of a night that was processed")
    parser.add_argument("--only", choices=("archived", "failed", "rejected"), default="", help="ABs that end so")
    parser.add_argument("--full-pages", action="store_true", help="without room for updates in the pages")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="phoenix-size-") as name, site(Path(name), options) as lives:
        before = sizes()
        while lives.number < options.abs:
            lives.night()
            ask("VACUUM")  # as autovacuum does many times in a night
        found = hot()
        after = sizes()
        old, files = aged(Path(name))
        numbers = shown(before, after, lives.number) | found
        saved = sum(sum(after[table]) - sum(old[table]) for table in GO) / lives.number / KB
        numbers |= {"size_per_old_ab_kb": round(numbers["size_per_ab_kb"] - saved, 2)}
        numbers |= {"size_per_ab_in_files_kb": round(files / lives.number / KB, 2)}
        small, there = numbers["size_per_old_ab_kb"], numbers["size_per_ab_in_files_kb"]
        print(f"{small} kB per AB when its events and log are in files, and {there} kB there")
        print(json.dumps(numbers))


@contextlib.contextmanager
def site(folder: Path, options: argparse.Namespace) -> Iterator[Lives]:
    """A server with the tables of this release, and a copy of the night beside it."""
    from tests import postgres

    night = folder / "night.sqlite3"
    source = options.night or made(folder / "demo")
    subprocess.run(["sqlite3", source, f".backup {night}"], check=True)  # noqa: S603, S607 - our own file
    with postgres.server(folder) as url, contextlib.suppress(BrokenPipeError):
        os.environ |= {"DATABASE_URL": url, "SECRET_KEY": "for measurements only"}
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "phoenix_site.settings")
        import django
        from django.core.management import call_command
        from django.db import connections

        django.setup()
        entry: dict[str, Any] = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(night)}
        connections.settings[NIGHT] = connections.configure_settings({"default": {}, NIGHT: entry})[NIGHT]
        for alias in ("default", NIGHT):
            call_command("migrate", database=alias, verbosity=0)
        if options.full_pages:
            for table in ("job", "ingestion", "joblog", "processingdate"):
                ask(f"ALTER TABLE processing_{table} RESET (fillfactor)")
        yield Lives(options.only)
        connections.close_all()


def made(folder: Path) -> Path:
    """The database of a night that was processed now."""
    # Not the night that the dictionaries were made from: that would be known by heart.
    night = ("--seed", "7", "--date", "2014-11-03")
    command = [sys.executable, "manage.py", "demo", "--exit", "--folder", str(folder), "--port", "8742", *night]
    clean = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    subprocess.run(command, cwd=ROOT, env=clean, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own command
    return folder / "phoenix.sqlite3"


def aged(folder: Path) -> tuple[Sizes, int]:
    """The sizes when everything is old and in files, and the bytes of these files."""
    from django.conf import settings

    from processing.models import Event, Job, ProcessingDate
    from processing.workflow.retain import retain

    settings.PHOENIX["HISTORY_DIR"] = folder / "history"
    then = datetime(2012, 5, 10, tzinfo=UTC)
    Event.objects.update(at=then)
    Job.objects.update(ended=then)
    ProcessingDate.objects.update(state="FINISHED", finished=then)
    retain(dry=False, say=print)
    for table in GO:
        ask(f"VACUUM FULL {table}")
    return sizes(), sum(file.stat().st_size for file in (folder / "history").glob("*.gz"))


def ask(sql: str) -> list[tuple[Any, ...]]:
    """The rows of a query."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall()) if cursor.description else []


def sizes() -> Sizes:
    """Bytes of rows, of indexes, and of what is long, by table."""
    return {name: (rows, indexes, long) for name, rows, indexes, long in ask(SIZES)}


def hot() -> dict[str, float]:
    """The part of the updates that touched no index, by table; of those that change often."""
    ask("SELECT pg_stat_force_next_flush()")
    found = {name.removeprefix("processing_"): (updates, hot) for name, updates, hot in ask(UPDATES) if updates}
    for name, (updates, few) in sorted(found.items()):
        print(f"{name:<20} {updates:8} updates {100 * few / updates:6.1f} % touch no index")
    return {f"hot_{name}": round(found[name][1] / found[name][0], 3) for name in ("job", "ingestion") if name in found}


def shown(before: Sizes, after: Sizes, number: int) -> dict[str, float]:
    """Print bytes per AB by table; all of them in kB."""
    grown = {name: [(new - old) / number for new, old in zip(after[name], before[name], strict=True)] for name in after}
    print(f"{'bytes per AB':<20} {'rows':>8} {'indexes':>8} {'long':>8} {'all':>8}")
    for name, parts in sorted(grown.items(), key=lambda one: -sum(one[1])):
        if sum(parts) >= 1:
            print(f"{name.removeprefix('processing_'):<20}" + "".join(f" {part:8.0f}" for part in (*parts, sum(parts))))
    total = sum(sum(parts) for parts in grown.values()) / KB
    million = total * 1_000_000 / 1e6
    print(f"{total:.2f} kB per AB, {million:.1f} GB for 1,000,000 ABs; {number} ABs in nights of {SIZE}")
    return {"size_per_ab_kb": round(total, 2)}


if __name__ == "__main__":
    main()
