"""How long a campaign over ten years takes to be made, paused, cancelled, and what claims and pages take beside it.

    python -m benchmarks.campaign [--dates 3650] [--abs 55]

On a PostgreSQL of its own.  Prints a JSON object: seconds and the CPU seconds of client and server of each step,
medians of claims and pages in ms, and the peak of this process's memory in MB.
"""

import argparse
import json
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psutil

SAMPLE = Path(__file__).resolve().parent.parent / "tests" / "samples" / "uves_point_source.ab"
NAME, FIRST, CLAIMS, ROUNDS = "UVES.2012-05-10T03:17:42.861", date(2002, 1, 1), 20, 9
BLOCKS = """
INSERT INTO processing_associationblock (name, date_id, text, sha256, frames, raw_type, recipe, setup, tech, prog_id,
  ob_id, registered)
SELECT name || '.ab', date_id, replace(replace(%s, %s, name), '2012-05-09', date::text), '', md5(name), 'SCI_POINT_RED',
  'uves_obs_scired', 'RED580_1x1', 'ECHELLE', '', '', now()
FROM (SELECT d.id AS date_id, d.date, 'UVES.' || d.date || 'T00:' || to_char(n, 'FM00') || ':00.000' AS name
  FROM processing_processingdate d, generate_series(1, %s) n) AS named
"""
RAWS = """
INSERT INTO processing_rawframe (block_id, dp_id, tag, tech)
SELECT id, left(name, -3) || n, 'SCI_POINT_RED', '' FROM processing_associationblock, generate_series(1, 2) n
"""
JOBS = """
INSERT INTO processing_job (block_id, campaign_id, date_id, certificate_id, state, reason, sentence, priority,
  background, due, turn, expected_seconds, late_seconds, registered, transfers, ended, owner, software, fingerprint,
  acknowledged)
SELECT b.id, %s, b.date_id, %s, 'INGESTED', '', '', 0, false, true, 0, 60, 216, now(), 0, now(), '', '', '', false
FROM processing_associationblock b
"""


def main() -> None:
    """Fill a database, then make a campaign of all of it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--dates", type=int, default=3650)
    parser.add_argument("--abs", type=int, default=55)
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
        print(json.dumps(steps(options.dates)))


def fill(dates: int, number: int) -> None:
    """So many finished dates of UVES with so many ingested ABs of two frames each."""
    from django.db import connection

    from processing.models import Certificate, Instrument, ProcessingDate
    from processing.models.campaigns import day_to_day

    uves = Instrument.objects.create(name="UVES")
    ProcessingDate.objects.bulk_create(
        ProcessingDate(instrument=uves, date=FIRST + timedelta(days=n), state="FINISHED") for n in range(dates)
    )
    certificate = next(row for row in Certificate.objects.of("UVES") if row.name == "ECHELLE-POINT")
    with connection.cursor() as cursor:
        cursor.execute(BLOCKS, [SAMPLE.read_text(), NAME, number])
        cursor.execute(RAWS)
        cursor.execute(JOBS, [day_to_day().pk, certificate.pk])
        cursor.execute("ANALYZE")


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
        self.found[name] = round(time.perf_counter() - begun, 3)
        self.found[f"{name} CPU"] = round(self.cpu() - worked, 3)
        return answer

    def median(self, name: str, act: Callable[[], Any], rounds: int) -> None:
        """Milliseconds of CPU of a step that is repeated."""
        took = []
        for _ in range(rounds):
            begun = self.cpu()
            act()
            took.append(1000 * (self.cpu() - begun))
        # The server's clock has ticks of 10 ms: of many steps the mean is told.
        self.found[f"{name} CPU ms"] = round(statistics.fmean(took), 1)


def server() -> psutil.Process:
    """The database's process of this connection."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return psutil.Process(cursor.fetchone()[0])


def steps(dates: int) -> dict[str, float]:
    """A campaign from its preview to its end."""
    from processing import control
    from processing.models import Job

    values: dict[str, Any] = {"name": "ten years", "instruments": ["UVES"], "newest_first": True, "kind": "AGAIN"}
    row = control.plan_campaign(values | {"first": FIRST, "last": FIRST + timedelta(days=dates - 1)})
    times = Times(server())
    found = times.found
    preview = times.of("preview", lambda: control.preview_campaign(row))
    control.create_campaign(row, "bench")
    times.of("create", lambda: control.fill_campaign(row))
    found["run"], found["jobs"] = preview.run, Job.objects.filter(campaign=row).count()
    found["create memory MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    claims(times)
    times.of("sweep", control.sweep)
    shown(times, row.pk)
    times.of("pause", lambda: control.pause_campaign(row, "bench", ""))
    found["claimed while paused"] = bool(claim())
    times.of("cancel", lambda: control.cancel_campaign(row.fresh(), "bench", ""))
    times.of("sweep after cancel", control.sweep)
    found["memory MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return found


def claims(times: Times) -> None:
    """Claims of the campaign, and of a day-to-day date that arrives in its middle: the very next one is its AB."""
    from processing.workflow.register import register

    opened()
    times.of("first claim", claim)
    times.median("claim", claim, CLAIMS)
    fresh = SAMPLE.read_text().replace("2012-05-1", "2026-05-1").replace("2012-05-09", "2026-05-09")
    name = times.of("day-to-day", lambda: register(fresh, "fresh.ab")).job.block.name
    opened()
    times.found["day-to-day first"] = str(claim()) == name


def claim() -> Any:
    """A job."""
    from processing.models import Instrument, Job

    return Job.objects.claim("host:boot:1:1", list(Instrument.objects.all()))


def opened() -> None:
    """The dates that wait for their calibrations have them."""
    from processing.models import ProcessingDate

    ProcessingDate.objects.filter(state="REGISTERED").update(state="PROCESSING")


def shown(times: Times, pk: int) -> None:
    """The pages of campaigns."""
    from django.conf import settings

    from benchmarks.pages import answered, queries, viewer

    settings.ALLOWED_HOSTS = ["testserver"]
    client = viewer()
    addresses: Sequence[str] = ("/campaigns/", f"/campaigns/{pk}/", f"/campaigns/{pk}/?page=2", "/")
    for address in addresses:
        answered(client, address)
        times.found[f"{address} queries"] = queries(client, address)
        times.median(address, lambda address=address: answered(client, address), ROUNDS)


if __name__ == "__main__":
    main()
