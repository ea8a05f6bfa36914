"""How long the API takes with a million ABs, and how much memory a CSV of all of them.

    python -m benchmarks.api [--abs 1000000] [--rounds 200]

On a PostgreSQL of its own, filled by `sky`.  Prints a line per measurement and a JSON object as its last line.  With
DATABASE_URL and --filled it takes that database.
"""

import argparse
import contextlib
import http.client
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import psutil

from benchmarks import pages

ADP, JOBS = "/api/v1/adp/datasets/", "/api/v1/jobs/?limit=100&instrument=UVES&date="
MANY = 1000
# The same rows and columns as a page of jobs.
FLOOR = """SELECT b.name AS ab, c.name AS campaign, d.instrument_id AS instrument, d.date, j.state, j.reason,
j.sentence, b.setup, b.recipe, j.registered, j.claimed, j.started, j.processed, j.ended, j.seconds, j.cpu_seconds,
j.memory,
j.exit_code, j.association_flags, j.processing_flags, (SELECT array_agg(p.dp_id) FROM processing_product p
WHERE p.job_id = j.id) AS products, e.name, e.version, j.fingerprint, j.acknowledged FROM processing_job j
JOIN processing_associationblock b ON b.id = j.block_id JOIN processing_campaign c ON c.id = j.campaign_id
JOIN processing_processingdate d ON d.id = j.date_id LEFT JOIN processing_certificate e ON e.id = j.certificate_id
WHERE d.instrument_id = 'UVES' AND d.date = %s ORDER BY j.id LIMIT 100"""
PORT = 18734


def main() -> None:
    """Fill a database, then measure."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--abs", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--filled", action="store_true", help="the database of DATABASE_URL was filled before")
    options = parser.parse_args()
    with pages.site(None if options.filled else options.abs):
        from django.conf import settings

        settings.ALLOWED_HOSTS = ["testserver"]
        # What is measured are answers, not refusals.
        settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"] |= dict.fromkeys(("user", "anonymous"), "1000000/min")
        found = frames(options.rounds) | jobs(options.rounds) | table()
    for key, value in found.items():
        print(f"{key:<28} {value:12.2f}")
    print(json.dumps({key: round(value, 3) for key, value in found.items()}))


def milliseconds(call: Callable[[], object], rounds: int, part: float) -> tuple[float, float]:
    """The time on the clock and of this process that such a part of the calls keeps, after two that do not count."""
    call(), call()
    clock, cpu = [], []
    for _ in range(rounds):
        start, before = time.perf_counter(), time.process_time()
        call()
        clock.append(1000 * (time.perf_counter() - start))
        cpu.append(1000 * (time.process_time() - before))
    at = min(int(part * rounds), rounds - 1)
    return sorted(clock)[at], sorted(cpu)[at]


def frames(rounds: int) -> dict[str, float]:
    """What became of one raw frame, and of a thousand in one request; each time of others."""
    from django.db.models import Max
    from django.test import Client

    from processing.models import RawFrame

    most, dice = RawFrame.objects.aggregate(most=Max("id"))["most"], random.Random(1)  # noqa: S311 - no secrets
    chosen = [dice.randrange(1, most + 1) for _ in range(20 * MANY)]
    names = list(RawFrame.objects.filter(pk__in=chosen).values_list("dp_id", flat=True))
    client = Client()

    def one() -> None:
        pages.answered(client, f"{ADP}?dp_id={dice.choice(names)}")

    def many() -> None:
        body = {"dp_ids": dice.sample(names, MANY)}
        if client.post(ADP, body, "application/json").status_code >= 300:  # noqa: PLR2004
            raise RuntimeError(ADP)

    one_clock, one_cpu = milliseconds(one, rounds, 0.95)
    many_clock, many_cpu = milliseconds(many, max(rounds // 10, 3), 0.5)
    single = {"api_dp_id_p95_ms": one_clock, "api_dp_id_p95_cpu_ms": one_cpu}
    return single | {"api_1000_dp_ids_ms": many_clock, "api_1000_dp_ids_cpu_ms": many_cpu}


def jobs(rounds: int) -> dict[str, float]:
    """A page of 100 jobs, and the same rows by plain SQL as JSON."""
    from benchmarks.nights import FULL_DATE

    client = pages.viewer()
    page, page_cpu = milliseconds(lambda: pages.answered(client, f"{JOBS}{FULL_DATE}"), rounds, 0.5)
    floor, floor_cpu = milliseconds(lambda: plain(FULL_DATE), rounds, 0.5)
    found = {"api_jobs_ms": page, "api_jobs_cpu_ms": page_cpu, "api_jobs_floor_ms": floor}
    return found | {"api_page_over_sql": page / floor, "api_page_over_sql_cpu": page_cpu / floor_cpu}


def plain(day: object) -> str:
    """The floor: the rows fetched, and dumped as they are."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(FLOOR, [day])
        names = [column.name for column in cursor.description]
        return json.dumps([dict(zip(names, row, strict=True)) for row in cursor.fetchall()], default=str)


def table() -> dict[str, float]:
    """All jobs as CSV from a server that runs: rows per second, and how large the server became."""
    from processing import control

    viewer = pages.viewer()
    name = f"benchmark {time.time()}"
    _, secret = control.make_token(name, viewer_of(viewer), "", 1, "benchmark")
    with server() as process:
        start, lines = time.perf_counter(), 0
        answer = asked("/api/v1/jobs/?format=csv", secret)
        while piece := answer.read(2**16):
            lines += piece.count(b"\n")
        seconds = time.perf_counter() - start
        workers = process.children()
        peak = max(high(worker.pid) for worker in workers)
        cpu = sum(sum(worker.cpu_times()[:2]) for worker in workers)
    rows = lines - 1
    rates = {"api_csv_rows_per_second": rows / seconds, "api_csv_rows_per_cpu_second": rows / cpu}
    return {"api_csv_rows": rows, "api_csv_peak_mb": peak, **rates}


def viewer_of(client: Any) -> Any:
    """Who is logged in."""
    from django.contrib.auth import get_user

    return get_user(client)


def asked(address: str, secret: str) -> http.client.HTTPResponse:
    """The answer, once the server answers at all."""
    for _ in range(100):
        with contextlib.suppress(ConnectionRefusedError):
            connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=600)
            connection.request("GET", address, headers={"Authorization": f"Bearer {secret}"})
            answer = connection.getresponse()
            if answer.status != http.HTTPStatus.OK:
                raise RuntimeError(f"{address}: {answer.status}")
            return answer
        time.sleep(0.2)
    raise RuntimeError("the server does not answer")


@contextlib.contextmanager
def server() -> Iterator[psutil.Process]:
    """The web application as it is run, with one worker."""
    words = ("-m", "gunicorn", "--config=deploy/gunicorn.conf.py", "--workers=1", f"--bind=127.0.0.1:{PORT}")
    process = subprocess.Popen((sys.executable, *words), env={**os.environ}, stderr=subprocess.DEVNULL)  # noqa: S603
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(30)


def high(pid: int) -> float:
    """The most memory that a process has had at once, MB."""
    for line in open(f"/proc/{pid}/status", encoding="ascii"):  # noqa: PTH123, SIM115 - no file of ours
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024 / 1e6
    return 0.0


if __name__ == "__main__":
    main()
