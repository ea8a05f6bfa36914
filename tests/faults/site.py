"""The site under attack: PostgreSQL, an archive on the web, a small disk, perhaps Redis, a clock that jumps."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests import postgres, redis_server

ROOT = Path(__file__).resolve().parent.parent.parent
CLUSTERS = ("north", "south")
FAKETIME = "faketime/libfaketimeMT.so.1"
# A UVES job needs 40 MB of scratch, and its products stay until its date is finished.
DISK = "512m"
KEPT_FREE = 0.05  # GB
# Every message that is put on the queue is there twice until the moment that the table says.
DOUBLING = """
CREATE TABLE doubling AS SELECT now() AS until;
CREATE FUNCTION put_twice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF now() < (SELECT until FROM doubling) THEN
        INSERT INTO django_q_ormq (key, payload, lock) VALUES (NEW.key, NEW.payload, NEW.lock);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER put_twice AFTER INSERT ON django_q_ormq
    FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION put_twice();
"""


class ArchiveServer:
    """The web server of the archive, which misbehaves as its control file says."""

    def __init__(self, folder: Path) -> None:
        self.root, self.control = folder / "archive", folder / "mood"
        self.port = 0
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> str:
        """Its URL, once it answers; after a `kill` the same as before."""
        command = [sys.executable, "-m", "tests.archive_server", str(self.root), str(self.control)]
        self.process = subprocess.Popen(
            [*command, "--port", str(self.port)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        url = self.process.stdout.readline().strip() if self.process.stdout else ""
        self.port = int(url.rpartition(":")[2])
        return url

    def kill(self) -> None:
        """Nobody answers any more."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()


@dataclass(frozen=True)
class Site:
    """What a campaign can break besides phoenix's own processes."""

    folder: Path
    archive: ArchiveServer
    restart_database: Callable[[str], None]
    redis: redis_server.RedisServer | None
    small_disk: bool
    clock: Path | None

    @property
    def work(self) -> Path:
        """The work folder: scratch directories, products and calibrations."""
        return self.folder / "work"

    @property
    def products(self) -> Path:
        """The product archive."""
        return self.folder / "products"

    def log(self, cluster: str) -> Path:
        """What a cluster and its supervisor say."""
        return self.folder / f"{cluster}.log"

    def processes(self) -> list[psutil.Process]:
        """Whoever writes to a cluster's log, as all of a cluster and its guards do, or to the log of a recipe."""
        ours = (f"{self.work}/", *(str(self.log(name)) for name in CLUSTERS))
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                writes_to = str(Path(f"/proc/{process.pid}/fd/1").readlink())
                if writes_to.startswith(ours) and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found

    def jumping(self) -> dict[str, str]:
        """The environment of the cluster whose wall clock says what the file `clock` says."""
        library = faketime()
        if self.clock is None or library is None:
            return {}
        return {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self.clock),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
            "PYTHONPATH": f"{ROOT / 'tests' / 'faults' / 'clock'}{os.pathsep}{os.environ.get('PYTHONPATH', '')}",
        }


def faketime() -> Path | None:
    """The library that shows a process another time."""
    return next(iter(sorted(Path("/usr/lib").glob(f"*/{FAKETIME}"))), None)


@contextmanager
def site(broker: str, keep: bool) -> Iterator[Site]:
    """Everything up and running, and Django set up to use it; gone afterwards, but for the folder if it is kept."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="phoenix-faults-"))
        folder.chmod(0o755)
        if not keep:
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
        for name in ("work", "products", "archive"):
            (folder / name).mkdir()
        small_disk = mounted(folder / "work", stack)
        database, restart = stack.enter_context(postgres.restartable(folder, postgres.DURABLE))
        redis = stack.enter_context(redis_server.running()) if broker == "redis" else None
        archive = ArchiveServer(folder)
        stack.callback(archive.kill)
        enter(folder, database, archive.start(), redis.url if redis else "")
        if redis is None:
            make_doubling()
        clock = folder / "clock" if faketime() else None
        if clock:
            clock.write_text("+0\n")
        yield Site(folder, archive, restart, redis, small_disk, clock)


def mounted(folder: Path, stack: ExitStack) -> bool:
    """Whether the folder is a small disk of its own now: only root may mount one, and not in every container."""
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=755", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if done.returncode == 0:
        stack.callback(subprocess.run, ["umount", "--lazy", str(folder)], check=True)
    return done.returncode == 0


def enter(folder: Path, database: str, archive: str, broker: str) -> None:
    """The environment, with leases and pauses of seconds, and the tables."""
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
        "SECRET_KEY": "for faults only",
        "DATABASE_URL": database,
        "PHOENIX_BROKER_URL": broker,
        "PHOENIX_WORK_DIR": str(folder / "work"),
        "DFO_CAL_DIR": str(folder / "work" / "cal"),
        "PHOENIX_ARCHIVE_URL": archive,
        "PHOENIX_INGEST_URL": (folder / "products").as_uri(),
        "PHOENIX_WORKERS": "3",
        "PHOENIX_LEASE": "4",
        "PHOENIX_BEAT": "0.5",
        "PHOENIX_HOLD_RETRY": "3",
        "PHOENIX_PROBE": "1",
        "PHOENIX_DISK_LIMIT": str(KEPT_FREE),
        "LOG_LEVEL": "WARNING",
    }
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def make_doubling() -> None:
    """Prepare the database for the fault that doubles messages."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(DOUBLING)
