"""A campaign of injected faults: two supervised clusters on a real PostgreSQL, and everything that can die does.

    python -m tests.faults [--jobs 300] [--faults 100] [--seed 1]

Prints a table of the faults and, as its last line, `faults N lost 0 doubled 0 stuck 0 leftovers 0`; exit 1 if any
but the first is not 0.  Starts are counted from the recipe's own append-only record, not from the database.
"""

import argparse
import contextlib
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from tests.faults.kinds import CLUSTERS, FAULTS, Campaign


def main() -> int:
    """Run the campaign; the exit code says whether any rule was broken."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    for name, default in (("jobs", 300), ("faults", 100), ("seed", 1)):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="phoenix-faults-") as name, database(Path(name)) as restart:
        enter(Path(name))
        register(Path(name), options.jobs)
        campaign = Campaign(Path(name), random.Random(options.seed), restart)  # noqa: S311 - repeatable on purpose
        try:
            attack(campaign, options.faults)
            stuck = wait_for_the_end()
        finally:
            for process in campaign.supervisors.values():
                process.terminate()
            for process in campaign.supervisors.values():
                process.wait(timeout=60)
        return report(campaign, stuck)


@contextlib.contextmanager
def database(folder: Path) -> Iterator[Callable[[str], None]]:
    """A real PostgreSQL, and how to restart it."""
    from tests import postgres

    with postgres.restartable(folder, postgres.DURABLE) as (url, restart):
        os.environ["DATABASE_URL"] = url
        yield restart


def enter(folder: Path) -> None:
    """Settings with short leases, and the tables."""
    folder.chmod(0o755)
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "SECRET_KEY": "for faults only",
        "PHOENIX_WORK_DIR": str(folder / "work"),
        "DFO_CAL_DIR": str(folder / "cal"),
        "PHOENIX_ARCHIVE_URL": (folder / "archive").as_uri(),
        "PHOENIX_INGEST_URL": (folder / "products").as_uri(),
        "PHOENIX_LEASE": "4",
        "PHOENIX_BEAT": "0.5",
        "PHOENIX_HOLD_RETRY": "3",
        "LOG_LEVEL": "WARNING",
    }
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def register(folder: Path, number: int) -> None:
    """ABs of twenty a date, some seconds long, each with its raw frame."""
    from processing.models import Certificate
    from processing.workflow.register import register as register_ab
    from tests import testcam
    from tests.processing.conftest import ab_text

    (folder / "products").mkdir()
    testcam.build(folder / "archive")
    Certificate.objects.load([testcam.CERTIFICATE])
    for index in range(number):
        day = f"2012-{1 + index // 20 // 28:02d}-{1 + index // 20 % 28:02d}"
        job = register_ab(ab_text(index, date=day, sleep=0.5 + index % 5 * 0.5), f"{index}.ab").job
        for raw in job.block.raws.all():
            (folder / "archive" / "raw" / f"{raw.dp_id}.fits").write_bytes(b"raw")


def attack(campaign: Campaign, number: int) -> None:
    """Inject the faults, every kind in turn and in random order."""
    for name in CLUSTERS:
        campaign.start(name)
    time.sleep(5)
    bag: list[str] = []
    while sum(campaign.done.values()) < number and unfinished():
        bag = bag or campaign.rng.sample([*FAULTS], len(FAULTS))
        name = bag.pop()
        if injected(campaign, name):
            campaign.done[name] += 1
            print(f"{sum(campaign.done.values()):4d}  {name}", flush=True)
        else:
            bag.insert(0, name)  # there was nobody to hit; later
        time.sleep(campaign.rng.uniform(0.2, 1.2))


def injected(campaign: Campaign, name: str) -> bool:
    """Inject one fault; False if its victim was not there."""
    with contextlib.suppress(psutil.Error, ProcessLookupError):
        return FAULTS[name](campaign)
    return False


def unfinished() -> int:
    """How many jobs have no end yet; asked again while the database is away."""
    from django.db import Error, connection

    from processing.core.states import UNFINISHED
    from processing.models import Job

    while True:
        try:
            return Job.objects.filter(state__in=UNFINISHED).count()
        except Error:
            connection.close()
            time.sleep(0.5)


def wait_for_the_end(patience: float = 120.0) -> int:
    """Until every date is finished, or nothing has changed for too long; the number of dates that are not."""
    from processing.core.states import DateState
    from processing.models import Event, ProcessingDate

    last, since = -1, time.monotonic()
    while unfinished() >= 0 and (open_dates := ProcessingDate.objects.exclude(state=DateState.FINISHED).count()):
        now = Event.objects.count()
        if now != last:
            last, since = now, time.monotonic()
        if time.monotonic() - since > patience:
            return open_dates
        time.sleep(1)
    return 0


def report(campaign: Campaign, stuck: int) -> int:
    """The table, and the last line."""
    from processing.core.states import ENDED
    from processing.models import Job
    from tests import testcam

    lost = Job.objects.exclude(state__in=ENDED).count()
    doubled = sum(number - 1 for number in Counter(testcam.starts()).values())
    left = leftovers(campaign.folder)
    for name in FAULTS:
        print(f"{name:<34} {campaign.done[name]:4d}")
    print(
        "jobs: "
        + ", ".join(f"{n} {s}" for s, n in sorted(Counter(Job.objects.values_list("state", flat=True)).items()))
    )
    for row in Job.objects.filter(state__in=("FAILED", "INGEST_REJECTED", "INGEST_FAILED")):
        print(f"{row.state} {row.reason}: {row.sentence}")
    for name in left:
        print(f"left over: {name}")
    faults = sum(campaign.done.values())
    print(f"faults {faults} lost {lost} doubled {doubled} stuck {stuck} leftovers {len(left)}")
    return int(bool(lost or doubled or stuck or left))


def leftovers(folder: Path) -> list[str]:
    """Files and processes that nobody needs any more."""
    from processing.plugins.executors.local import attempts

    below = [folder / "work" / "scratch", folder / "work" / "products", *(folder / "cal").glob("2*")]
    files = [str(path) for root in below for path in root.rglob("*") if path.is_file()]
    return files + [f"process {pid}" for pid, _, home in attempts() if home.startswith(str(folder))]


if __name__ == "__main__":
    sys.exit(main())
