"""How long a campaign over ten years takes to be made, paused, cancelled, and how long a claim takes beside it.

    python -m benchmarks.campaign [--dates 3650] [--abs 55]

On a PostgreSQL of its own.  Prints a JSON object: seconds, and the peak of this process's memory in MB.
"""

import argparse
import json
import os
import resource
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

BLOCKS = """
INSERT INTO processing_associationblock (name, date_id, text, sha256, frames, raw_type, recipe, setup, tech, prog_id,
  ob_id, registered)
SELECT 'UVES.' || d.date || 'T' || n || '.ab', d.id, repeat('x', 2000), '', md5(d.id || '-' || n), 'SCI_POINT_RED',
  'uves_obs_scired', 'RED580_1x1', 'ECHELLE', '', '', now()
FROM processing_processingdate d, generate_series(1, %s) n
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
        os.environ["PHOENIX_WINDOW"] = "00:00-24:00"
        os.environ["DJANGO_SETTINGS_MODULE"] = "phoenix_site.settings"
        print(json.dumps(measured(options.dates, options.abs)))


def measured(dates: int, number: int) -> dict[str, float]:
    """Seconds of each step."""
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    fill(dates, number)
    return steps(dates)


def fill(dates: int, number: int) -> None:
    """So many finished dates of UVES with so many ingested ABs each."""
    from django.db import connection

    from processing.models import Certificate, Instrument, ProcessingDate
    from processing.models.campaigns import day_to_day

    uves = Instrument.objects.create(name="UVES")
    first = date(2002, 1, 1)
    ProcessingDate.objects.bulk_create(
        ProcessingDate(instrument=uves, date=first + timedelta(days=n), state="FINISHED") for n in range(dates)
    )
    certificate = next(row for row in Certificate.objects.of("UVES") if row.state == "CERTIFIED")
    with connection.cursor() as cursor:
        cursor.execute(BLOCKS, [number])
        cursor.execute(JOBS, [day_to_day().pk, certificate.pk])
        cursor.execute("ANALYZE")


def steps(dates: int) -> dict[str, float]:
    """A campaign from its preview to its end."""
    from processing import control
    from processing.models import Instrument, Job

    values: dict[str, Any] = {"name": "ten years", "instruments": ["UVES"], "newest_first": True, "kind": "AGAIN"}
    span = {"first": date(2002, 1, 1), "last": date(2002, 1, 1) + timedelta(days=dates - 1)}
    row = control.plan_campaign(values | span)
    found: dict[str, float] = {}

    def timed(name: str, act: Callable[[], Any]) -> Any:
        begun = time.perf_counter()
        answer = act()
        found[name] = round(time.perf_counter() - begun, 3)
        return answer

    preview = timed("preview", lambda: control.preview_campaign(row))
    control.create_campaign(row, "bench")
    timed("create", lambda: control.fill_campaign(row))
    found["run"], found["jobs"] = preview.run, Job.objects.filter(campaign=row).count()
    instruments = list(Instrument.objects.all())
    timed("claim", lambda: Job.objects.claim("host:boot:1:1", instruments))
    timed("sweep", control.sweep)
    timed("pause", lambda: control.pause_campaign(row, "bench", ""))
    timed("claim paused", lambda: Job.objects.claim("host:boot:1:1", instruments))
    timed("cancel", lambda: control.cancel_campaign(row.fresh(), "bench", ""))
    timed("sweep after cancel", control.sweep)
    found["memory MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return found


if __name__ == "__main__":
    main()
