"""Three hosts on one database: one is cut off and comes back, one is killed; nothing lost, nothing doubled.

The work folder and the archives are on a file system that all of them share, as docs/operations.md
asks for.  The last line is `hosts 3 lost 0 doubled 0 stuck 0 leftovers 0`.
"""

import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests import postgres
from tests.faults.hosts import NETWORK, Host, network, possible
from tests.faults.site import ArchiveServer, Site, enter

NAMES = ("north", "east", "south")
JOBS = 45
AWAY = 9.0  # seconds: twice the lease, so that the others must act
SKIPPED = 77  # exit code


def main() -> int:
    """Run the night; 1 if any rule was broken, 77 where there can be no such hosts."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if why := possible():
        print(f"left out: {why}")
        return SKIPPED
    with tempfile.TemporaryDirectory(prefix="phoenix-hosts-") as name, network(NAMES, Path(name)) as hosts:
        folder = Path(name)
        folder.chmod(0o755)
        for shared in ("work", "products", "archive"):
            (folder / shared).mkdir()
        listening = (f"listen_addresses={NETWORK}.1", *postgres.DURABLE[1:])
        with postgres.restartable(folder, listening) as (url, restart):
            let_in(folder)
            archive = ArchiveServer(folder)
            try:
                enter(folder, url, archive.start(), "")
                return night(Site(folder, archive, restart, None, False, None), hosts)
            finally:
                archive.kill()


def let_in(folder: Path) -> None:
    """Connections from the bridge."""
    import psycopg2

    rules = folder / "postgresql" / "data" / "pg_hba.conf"
    rules.write_text(f"{rules.read_text()}\nhost all all {NETWORK}.0/24 trust\n")
    connection = psycopg2.connect(host=str(folder / "postgresql"), user="phoenix", dbname="postgres")
    connection.cursor().execute("SELECT pg_reload_conf()")
    connection.close()


def night(site: Site, hosts: list[Host]) -> int:
    """Work for all; one is cut off, another killed; then what is left is counted."""
    from tests import testcam
    from tests.faults import work

    work.make_instrument(site.archive.root)
    names = registered(site.archive.root)
    for host in hosts:
        host.start(there(site))
    north, east, south = hosts
    until(lambda: len(testcam.starts()) > len(hosts), 90)
    shown = heard()
    hit = [at_work("north", north.cut_off), at_work("east", east.kill)]
    time.sleep(AWAY)
    north.bring_back()
    until(lambda: not work.left(), 120)
    north.stop()
    south.stop()
    return count(site, names, shown, hit)


def there(site: Site) -> dict[str, str]:
    """The environment of a worker on a host."""
    return os.environ | {
        "DATABASE_URL": f"postgresql://phoenix@{NETWORK}.1:5432/postgres",
        "PHOENIX_WORKERS": "2",
        # The archive's web server is on the loopback of this machine: the hosts read its folder.
        "PHOENIX_ARCHIVE_URL": site.archive.root.as_uri(),
        "DJANGO_SETTINGS_MODULE": "tests.settings",
    }


def registered(archive: Path) -> list[str]:
    """ABs of two seconds each."""
    from tests.faults.work import Work
    from tests.processing.conftest import ab_text

    jobs = Work(archive, JOBS, lambda: 1.0)
    for number in range(JOBS):
        jobs.register(ab_text(number, sleep=2.0), f"{number}.ab")
    return jobs.names


def at_work(name: str, fault: Callable[[], None]) -> str:
    """Break a host at a moment when it runs a job; the job's token, empty if it never ran one."""
    from processing.models import Job

    mine = Job.objects.filter(state="RUNNING", started__isnull=False, owner__startswith=f"{name}:")
    until(mine.exists, 30)
    job = mine.first()
    fault()
    return str(job.token) if job else ""


def count(site: Site, names: list[str], shown: list[str], hit: list[str]) -> int:
    """Tell what was found; 1 if a rule was broken, or if the faults have hit nobody."""
    from processing.models import Job
    from tests.faults import report, work

    found = report.findings(site, names)
    for finding in found:
        print(f"{finding.count}: {finding.what}")
    lost = Job.objects.filter(state="LOST").count()
    print(f"ends: {report.ends()}", f"hit: {hit}", f"still open: {work.left()}", sep="\n")
    told = " ".join(f"{what} {sum(one.count == what for one in found)}" for what in report.COUNTS)
    print(f"hosts {len(shown)} {told}", flush=True)
    return int(bool(found) or shown != sorted(NAMES) or not all(hit) or not lost)


def until(what: Callable[[], bool], seconds: float) -> None:
    """Until it is so, or the time is over."""
    end = time.monotonic() + seconds
    while not what() and time.monotonic() < end:
        time.sleep(0.3)


def heard() -> list[str]:
    """The names of the hosts as the system page has them."""
    from processing.models import Worker

    return sorted(Worker.objects.values_list("host", flat=True))


if __name__ == "__main__":
    sys.exit(main())
