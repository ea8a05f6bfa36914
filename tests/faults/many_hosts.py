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
JOBS = 60
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
            archive.start()  # of the loopback of this machine alone: the hosts read the folder
            try:
                enter(folder, url, (folder / "archive").as_uri(), "")
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
    from tests.faults import report, work

    work.make_instrument(site.archive.root)
    jobs = work.Work(site.archive.root, JOBS, lambda: 1.0)
    while len(jobs.names) < JOBS:
        jobs.one_date()
    url = f"postgresql://phoenix@{NETWORK}.1:5432/postgres"
    for host in hosts:
        host.start({**os.environ, "DATABASE_URL": url, "PHOENIX_WORKERS": "2"})
    north, east, south = hosts
    until(lambda: len(testcam.starts()) > 6, 60)
    shown = heard()
    north.cut_off()
    time.sleep(2)
    east.kill()
    time.sleep(AWAY)
    north.bring_back()
    until(lambda: not work.left(), 120)
    north.stop()
    south.stop()
    found = report.findings(site, jobs.names)
    for finding in found:
        print(f"{finding.count}: {finding.what}")
    print(f"ends: {report.ends()}", f"heard of: {shown}", f"still open: {work.left()}", sep="\n")
    told = " ".join(f"{count} {sum(one.count == count for one in found)}" for count in report.COUNTS)
    print(f"hosts {len(shown)} {told}", flush=True)
    return int(bool(found) or shown != sorted(NAMES))


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
