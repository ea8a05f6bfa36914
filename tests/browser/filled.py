"""What the browser gets to see: an empty site, a calm one, and a busy one with everything that a page can show.

Runs in a process of its own, see `tests.browser.site`.
"""

import json
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from processing.core.states import TROUBLE, JobState
from processing.models import Instrument, Job, ProcessingDate, Stop, Worker
from tests.browser.site import PASSWORD, USER
from tests.monitor import rows

ERROR = "03:18:20 [ ERROR ] uves_obs_scired: [tid=000] Could not find the response curve of the night"
LOG = "\n".join([*(f"03:17:{n:02} [ INFO  ] uves_reduce: order {n} of 42 extracted" for n in range(42)), ERROR])
ENDS = {
    JobState.TIMED_OUT: "TIME_LIMIT",
    JobState.LOST: "WORKER_LOST",
    JobState.STOPPED: "STOPPED_BY_OPERATOR",
    JobState.SKIPPED: "BACKLOG",
}
Names = dict[str, Any]


def rows_of_tests() -> None:
    """Fill the database of the settings, keep a copy of each site beside it, and print the names in each."""
    prepared()
    kept("empty")
    calm = quiet()
    kept("calm")
    print(json.dumps({"empty": {}, "calm": calm, "busy": calm | everything()}))


def rows_of_a_site() -> None:
    """Print the names of a site that has a night already, and let the user of the tests in."""
    prepared()
    print(json.dumps({"busy": looked_up()}))


def prepared() -> None:
    """Tables, and one user who may do everything."""
    call_command("migrate", verbosity=0)
    users = get_user_model().objects
    users.filter(username=USER).delete()
    users.create_superuser(USER, password=PASSWORD)


def kept(name: str) -> None:
    """The state of the database as that of a site."""
    connection.close()
    database = Path(settings.DATABASES["default"]["NAME"])
    shutil.copy(database, database.with_name(f"{name}.sqlite3"))


def stamp(second: int) -> str:
    """The name of an AB of the night."""
    return f"UVES.2012-05-10T03:{second // 60:02}:{second % 60:02}.861"


def quiet() -> Names:
    """One AB in the archive, one that runs, one that waits; a worker that is alive for the rest of the day."""
    done = rows.attempted(rows.job())
    rows.documented(done.products.get())
    rows.put(rows.job(stamp=stamp(1)), JobState.RUNNING)
    rows.job(stamp=stamp(2))
    ProcessingDate.objects.update(state="PROCESSING", prepared=timezone.now())
    alive_all_day()
    return looked_up()


def alive_all_day() -> None:
    """The worker, whatever the clock says."""
    Worker.objects.update(seen=timezone.now() + timedelta(days=1))


def several_hosts() -> None:
    """Beside the worker: one that only ingests, of another version, one of its own folders, and one that is gone."""
    night = Worker.objects.get()
    told = {"slots": 8, "since": night.since, "seen": night.seen}
    old = {"version": "0.0.9", "apart": night.name}
    Worker.objects.create(name="archive1", host="archive1", roles="download,ingest", **{**told, **old, "slots": 0})
    here = {"version": night.version, "local": "calibrations,work"}
    Worker.objects.create(name="compute1:second", host="compute1", roles="process,ingest", **told, **here)
    gone = {**told, "seen": timezone.now() - timedelta(hours=3), "version": night.version}
    Worker.objects.create(name="compute2", host="compute2", roles="process", **gone)


def everything() -> Names:
    """On top of that: failures of every kind, what is rejected, a re-processing, a stop, a hold, a second date."""
    first = Job.objects.earliest("id")
    sentence = "No response curve: uves_obs_scired ended without RED_SCI_POINT_REDL."
    rows.attempted(rows.job(stamp=stamp(3)), JobState.FAILED, LOG, reason="RECIPE_FAILED", sentence=sentence)
    for number, (state, reason) in enumerate(ENDS.items()):
        rows.put(rows.job(stamp=stamp(10 + number)), state, reason, "Its reason, in a sentence.")
    rows.put(rows.job(stamp=stamp(20)), JobState.PROCESSED)
    for sample in (rows.VIRTUAL, rows.CELL):
        rows.job(sample)
    for number in range(5):
        rows.attempted(rows.job(stamp=stamp(60 + number)))
    rows.reprocessed(first)
    Instrument.objects.create(name="HAWKI")
    rows.stopped_since("2012-05-10", "HAWKI", "the response curve is wrong since the grating was changed")
    rows.held(f"the archive file:///{'long-name/' * 12} cannot be read", host="node-7")
    alive_all_day()
    several_hosts()
    return looked_up()


def looked_up() -> Names:
    """One of each kind, for the addresses of `tests.browser.pages`; what the site has not, is not there."""
    jobs = Job.objects.select_related("block", "date", "certificate").order_by("-date__date", "id")
    done = jobs.filter(state=JobState.INGESTED).first() or jobs.first()
    if done is None:
        raise SystemExit("The database has no job to show.")
    ended_badly = jobs.filter(state=JobState.FAILED).first() or jobs.filter(state__in=TROUBLE).first()
    rows_shown = {"ab": done, "failed": ended_badly, "waiting": jobs.filter(state=JobState.WAITING).first()}
    names: Names = {kind: job.block.name for kind, job in rows_shown.items() if job}
    names |= {"date": str(done.date.date), "instrument": done.date.instrument_id, "held": done.date.instrument_id}
    if done.certificate:
        names["certificate"] = done.certificate.name
    names["campaign"] = done.campaign_id
    if ended_badly and ended_badly.fingerprint:
        names["fingerprint"] = ended_badly.fingerprint
    if stop := Stop.objects.first():
        names["stop"] = stop.pk
    return names
