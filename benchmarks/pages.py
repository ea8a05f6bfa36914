"""How long the pages take with a million ABs, and what they weigh; beside each, plain SQL of the same rows.

    python -m benchmarks.pages [--abs 1000000] [--rounds 15]

On a PostgreSQL of its own, filled by `sky`.  Prints a line per page (median in ms, queries, the floor: the same rows
by plain SQL as JSON) and a JSON object as its last line.  With DATABASE_URL and --filled it takes that database.
"""

import argparse
import contextlib
import gc
import gzip
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
# What a server does in the background after so much was loaded is not what a page costs.
SERVER = ("shared_buffers=1GB", "max_wal_size=8GB", "maintenance_work_mem=512MB", "autovacuum=off")
STATIC = ("monitor/phoenix.css", "monitor/grid.css", "monitor/phoenix.js", "monitor/favicon.svg")
JOBS = (
    "SELECT b.name, b.setup, b.tech, j.* FROM processing_job j JOIN processing_associationblock b ON b.id = j.block_id"
)
OF_DATE = f"{JOBS} JOIN processing_processingdate d ON d.id = j.date_id WHERE d.instrument_id = 'UVES' AND d.date = %s"


@dataclass(frozen=True)
class Page:
    """An address, and the plain SQL for the rows that it shows."""

    name: str
    address: str
    floor: str
    values: Sequence[object] = ()


def main() -> None:
    """Fill a database, then measure page by page."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--abs", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--filled", action="store_true", help="the database of DATABASE_URL was filled before")
    options = parser.parse_args()
    with site(None if options.filled else options.abs) as found:
        numbers = found | measure(options.rounds)
    print(json.dumps({key: round(value, 2) for key, value in numbers.items()}))


@contextlib.contextmanager
def site(number: int | None) -> Iterator[dict[str, float]]:
    """A database with so many ABs; gives what its loading took."""
    with contextlib.ExitStack() as running:
        if number:
            from tests import postgres

            folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="phoenix-pages-")))
            url, _ = running.enter_context(postgres.restartable(folder, (*postgres.DURABLE, *SERVER)))
            os.environ["DATABASE_URL"] = url
        os.environ |= {"DJANGO_SETTINGS_MODULE": "phoenix_site.settings", "SECRET_KEY": "-", "LOG_LEVEL": "ERROR"}
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        yield {"pages_load_seconds": loaded(number)} if number else {}


def loaded(number: int) -> float:
    """Seconds that the sky took; what is left of loading is put away, as in a server that has just started."""
    from django.db import connection

    from benchmarks.sky import load

    seconds = load(number)["seconds"]
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
    gc.collect()
    gc.freeze()
    return seconds


def pages() -> Iterator[Page]:
    """Those that are measured."""
    from benchmarks.nights import BAD_NIGHT, FULL_DATE, LAST, Sky  # noqa: F401

    grid = (
        "SELECT date, instrument_id, state, reason, counts FROM processing_processingdate WHERE date > %s - 90"
        " ORDER BY date DESC, instrument_id"
    )
    block = (
        f"{JOBS} LEFT JOIN processing_score s ON s.job_id = j.id LEFT JOIN processing_joblog l ON l.job_id = j.id"
        " WHERE b.name = %s"
    )
    name = f"UVES.{FULL_DATE}T00:01:00.000"
    yield Page("grid", "/grid/", grid, [LAST])
    yield Page("date", f"/dates/UVES/{FULL_DATE}/", OF_DATE, [FULL_DATE])
    yield Page("open_date", f"/dates/UVES/{LAST}/", OF_DATE, [LAST])
    yield Page("bad_night", f"/dates/UVES/{BAD_NIGHT}/", f"{OF_DATE} ORDER BY b.name LIMIT 200", [BAD_NIGHT])
    yield Page("found", f"/dates/UVES/{BAD_NIGHT}/?q=red860", f"{OF_DATE} ORDER BY b.name LIMIT 200", [BAD_NIGHT])
    yield Page("block", f"/abs/{name}/", block, [f"{name}.ab"])
    kinds = "SELECT fingerprint, count(*) FROM processing_job WHERE fingerprint <> '' GROUP BY fingerprint"
    yield Page("failures", "/failures/", kinds)
    yield Page("tonight", "/", f"{grid} LIMIT 24", [LAST])


def measure(rounds: int) -> dict[str, float]:
    """Medians in ms by name; sizes in kB."""
    from django.conf import settings

    settings.ALLOWED_HOSTS = ["testserver"]
    client, found = viewer(), {}
    for page in pages():
        numbers = {
            "ms": served(client, page.address, rounds),
            "queries": queries(client, page.address),
            "floor_ms": median(lambda page=page: plain(page), rounds),
        }
        print(f"{page.name:<12}" + "".join(f"{key} {value:8.1f}  " for key, value in numbers.items()), flush=True)
        found |= {f"pages_{page.name}_{key}": value for key, value in numbers.items()}
        found[f"pages_{page.name}_over_sql"] = numbers["ms"] / numbers["floor_ms"]
    found |= polled(client, rounds) | weighed(client)
    return found


def viewer() -> Any:
    """A client of somebody who may look."""
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import Group
    from django.test import Client

    user, _ = get_user_model().objects.get_or_create(username="viewer")
    user.groups.set(Group.objects.filter(name="viewer"))
    client = Client()
    client.force_login(user)
    return client


def answered(client: Any, address: str, **headers: str) -> Any:
    """The answer; an error ends the measurement."""
    answer = client.get(address, headers=headers)
    if answer.status_code >= 300:  # noqa: PLR2004
        raise RuntimeError(f"{address}: {answer.status_code}")
    return answer


def plain(page: Page) -> str:
    """The floor: the rows as they are, as JSON."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(page.floor, page.values)
        return json.dumps(cursor.fetchall(), default=str)


def queries(client: Any, address: str) -> int:
    """How many statements a page needs, session and user among them."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as seen:
        answered(client, address)
    return len(seen)


def served(client: Any, address: str, rounds: int, **headers: str) -> float:
    """Milliseconds from the request to the answer, middleware and all, without what the client itself takes."""
    took, answer = [], client.handler.get_response

    def timed(request: Any) -> Any:
        start = time.perf_counter()
        given = answer(request)
        took.append(1000 * (time.perf_counter() - start))
        return given

    client.handler.get_response = timed
    try:
        for _ in range(rounds + 2):
            answered(client, address, **headers)
    finally:
        client.handler.get_response = answer
    return statistics.median(took[2:])


def median(call: Callable[[], object], rounds: int) -> float:
    """Milliseconds, after two rounds that do not count."""
    call(), call()
    took = []
    for _ in range(rounds):
        start = time.perf_counter()
        call()
        took.append(1000 * (time.perf_counter() - start))
    return statistics.median(took)


def polled(client: Any, rounds: int) -> dict[str, float]:
    """A poll of a page that has not changed; the clock stands still meanwhile, as it does for most polls."""
    from unittest import mock

    from django.db import connection

    from monitor import polls
    from processing.models import Event

    with mock.patch("monitor.polls.time.time", return_value=0.0):
        headers = {polls.HEADER: polls.version(Event.objects.values_list("pk", flat=True).first() or 0)}
        answer = answered(client, "/", **headers)
        if answer.status_code != 204:  # noqa: PLR2004
            raise RuntimeError("an unchanged poll was answered with a page")
        took = served(client, "/", 20 * rounds, **headers)
    with connection.cursor() as cursor:
        floor = median(lambda: cursor.execute("SELECT max(id) FROM processing_event"), 20 * rounds)
    print(f"poll        ms {took:8.2f}  bytes {len(answer.content)}  floor_ms {floor:.2f}")
    return {"pages_poll_ms": took, "pages_poll_bytes": len(answer.content), "pages_poll_floor_ms": floor}


def weighed(client: Any) -> dict[str, float]:
    """The first load of the heaviest page, compressed: itself, its styles and its script."""
    from django.contrib.staticfiles.finders import find

    parts = [answered(client, "/grid/").content, *(Path(str(find(name))).read_bytes() for name in STATIC)]
    size = sum(len(gzip.compress(part, 6)) for part in parts) / 1000
    print(f"first load  {size:.1f} kB gzip")
    return {"pages_first_load_kb": size}


if __name__ == "__main__":
    main()
