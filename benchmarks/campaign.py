"""How long a campaign over ten years takes to be made, paused, cancelled, and what claims and pages take beside it.

    python -m benchmarks.campaign [--dates 3650] [--abs 55] [--tree 0]

On a PostgreSQL of its own.  Prints a JSON object: seconds, and the CPU seconds of this process and its server process
together; of claims and pages means of CPU time in ms, of pages also with nothing kept in the web server (`first`);
the peak of this process's memory in MB.  With --tree a campaign of files of so many dates besides.
"""

import argparse
import json
import os
import resource
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil

from benchmarks.ten_years import DONE, FIRST, FLOOR, SAMPLE, execute, fill, written

CLAIMS, ROUNDS = 20, 20
PLAIN = {"pause_seconds"}
CLAIMED_FOR = 0.5  # seconds before and after a pause


def main() -> None:
    """Fill a database, then make a campaign of all of it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--dates", type=int, default=3650)
    parser.add_argument("--abs", type=int, default=55)
    parser.add_argument("--tree", type=int, default=0, metavar="DATES")
    options = parser.parse_args()
    from tests import postgres

    with tempfile.TemporaryDirectory(prefix="phoenix-campaign-") as folder, postgres.server(Path(folder)) as url:
        os.environ["DATABASE_URL"] = url
        os.environ |= {"PHOENIX_WINDOW": "00:00-24:00", "SECRET_KEY": "-", "LOG_LEVEL": "ERROR"}
        os.environ["DJANGO_SETTINGS_MODULE"] = "phoenix_site.settings"
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        fill(options.dates, options.abs)
        found = steps(options.dates) | (of_tree(Path(folder), options.tree, options.abs) if options.tree else {})
        print(json.dumps({f"campaign_{name}" if name not in PLAIN else name: value for name, value in found.items()}))


@dataclass
class Times:
    """What each step took: seconds, and CPU seconds of this process and of its server process."""

    server: psutil.Process
    found: dict[str, float] = field(default_factory=dict)

    def cpu(self) -> float:
        """CPU seconds so far."""
        times = self.server.cpu_times()
        return time.process_time() + times.user + times.system

    def of(self, name: str, act: Callable[[], Any]) -> Any:
        """Measure a step; returns what it returns."""
        begun, worked = time.perf_counter(), self.cpu()
        answer = act()
        self.found[f"{name}seconds"] = round(time.perf_counter() - begun, 3)
        self.found[f"{name}cpu_seconds"] = round(self.cpu() - worked, 3)
        return answer

    def mean(self, name: str, act: Callable[[], Any], rounds: int) -> None:
        """Milliseconds of CPU of a step that is repeated."""
        begun = self.cpu()
        for _ in range(rounds):
            act()
        # The server's clock has ticks of 10 ms: of many steps the mean is told.
        self.found[f"{name}ms"] = round(1000 * (self.cpu() - begun) / rounds, 1)


def server() -> psutil.Process:
    """The database's process of this connection."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return psutil.Process(cursor.fetchone()[0])


def planned(name: str, dates: int, **more: Any) -> Any:
    """A campaign that is not saved."""
    from processing import control

    values: dict[str, Any] = {"name": name, "instruments": ["UVES"], "newest_first": True, "kind": "AGAIN"}
    return control.plan_campaign(values | {"first": FIRST, "last": FIRST + timedelta(days=dates - 1)} | more)


def steps(dates: int) -> dict[str, float]:
    """A campaign from its preview to its end."""
    from processing import control
    from processing.models import Job
    from processing.workflow.sweep import sweep

    row, times = planned("ten years", dates), Times(server())
    found = times.found
    preview = times.of("preview_", lambda: control.preview_campaign(row))
    control.create_campaign(row, "bench")
    times.of("", lambda: control.fill_campaign(row))
    found["run"], found["jobs"] = preview.run, Job.objects.filter(campaign=row).count()
    found["memory_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    claims(times)
    execute(DONE, row.pk)
    times.of("sweep_", sweep)
    shown(times, row.pk)
    found["pause_seconds"] = paused(row)
    times.of("cancel_", lambda: control.cancel_campaign(row.fresh(), "bench", ""))
    times.of("sweep_after_cancel_", sweep)
    return found | floor(times, row.pk)


def floor(times: Times, pk: int) -> dict[str, float]:
    """What the database takes for as many jobs with the same constraints and indexes; they are not kept."""
    from django.db import transaction

    from processing.models import Campaign

    other, bare = Campaign.objects.create(name="bare"), Times(times.server)

    def inserted() -> None:
        execute(FLOOR, other.pk, pk)
        execute("SET CONSTRAINTS ALL IMMEDIATE")

    with transaction.atomic():
        bare.of("floor_", inserted)
        transaction.set_rollback(True)
    return bare.found | {"over_insert": round(times.found["cpu_seconds"] / bare.found["floor_cpu_seconds"], 2)}


def claims(times: Times) -> None:
    """Claims of the campaign, and of a day-to-day date that arrives in its middle: the very next one is its AB."""
    from processing.workflow.register import register

    opened()
    claim()
    times.mean("claim_", claim, CLAIMS)
    fresh = SAMPLE.read_text().replace("2012-05-1", "2026-05-1").replace("2012-05-09", "2026-05-09")
    name = times.of("arrival_", lambda: register(fresh, "fresh.ab")).job.block.name
    opened()
    if (first := str(claim())) != name:
        raise RuntimeError(f"{first} of the campaign was claimed before {name} of the day-to-day stream")


def paused(row: Any) -> float:
    """Seconds from the wish to pause until the last claim that still got a job, while another process claims."""
    from django.db import connection

    from processing import control

    got, over = [0.0], threading.Event()

    def claiming() -> None:
        while not over.is_set():
            if claim():
                got.append(time.perf_counter())
        connection.close()

    opened()
    worker = threading.Thread(target=claiming)
    worker.start()
    time.sleep(CLAIMED_FOR)
    wished = time.perf_counter()
    control.pause_campaign(row.fresh(), "bench", "")
    done = time.perf_counter()
    time.sleep(CLAIMED_FOR)
    over.set()
    worker.join()
    if len(got) == 1:
        raise RuntimeError("nothing was claimed before the pause")
    return round(max(got[-1], done) - wished, 3)


def claim() -> Any:
    """A job."""
    from processing.models import Instrument, Job

    return Job.objects.claim("host:boot:1:1", list(Instrument.objects.all()))


def opened() -> None:
    """The dates that wait for their calibrations have them."""
    from processing.models import ProcessingDate

    ProcessingDate.objects.filter(state="REGISTERED").update(state="PROCESSING")


def shown(times: Times, pk: int) -> None:
    """The pages of campaigns, by a web server that has just started and by one that has shown them before."""
    from django.conf import settings
    from django.core.cache import cache

    from benchmarks.pages import answered, queries, viewer

    settings.ALLOWED_HOSTS = ["testserver"]
    client = viewer()

    def cold(address: str) -> None:
        cache.clear()
        answered(client, address)

    addresses = {"list": "/campaigns/", "page": f"/campaigns/{pk}/", "filtered": f"/campaigns/{pk}/?state=INGESTED"}
    for name, address in addresses.items():
        cold(address)
        cache.clear()
        times.found[f"{name}_queries"] = queries(client, address)
        times.mean(f"{name}_first_", lambda address=address: cold(address), ROUNDS)
        times.mean(f"{name}_", lambda address=address: answered(client, address), ROUNDS)


def of_tree(folder: Path, dates: int, number: int) -> dict[str, float]:
    """A campaign of files: so many dates with so many ABs that nobody has registered."""
    from processing import control

    first = written(folder / "tree", dates, number)
    source = {"source": "TREE", "names": [folder / "tree"], "first": first, "last": first + timedelta(days=dates - 1)}
    row, times = planned("files", dates, **source), Times(server())
    times.of("tree_preview_", lambda: control.preview_campaign(row))
    control.create_campaign(row, "bench")
    found = times.of("tree_", lambda: control.fill_campaign(row))
    return times.found | {"tree_run": found.run, "tree_not_run": found.not_run}


if __name__ == "__main__":
    main()
