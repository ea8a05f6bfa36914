"""phoenix as it is served to browsers: gunicorn in a process of its own, on SQLite files made for the purpose.

The tests' process asks no database while a browser is open.  Playwright's synchronous interface keeps an event loop
running in it, in which Django refuses queries; and a server that is a process can be killed like a real one.
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
# Who may do everything on every site.
USER, PASSWORD = "olga", "operates everything"
STARTED_WITHIN = 30.0  # seconds; usually two
FILLING = "import django; django.setup(); from tests.browser import filled; filled.{}()"


def environment(database: Path) -> dict[str, str]:
    """The settings of the tests on this database, with the window open and nothing of the surroundings' own."""
    folder = database.parent
    places = {"WORK_DIR": str(folder / "work"), "ARCHIVE_URL": (folder / "archive").as_uri()}
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": f"sqlite:///{database}",
        "SECRET_KEY": "for pictures and tests only",
        "PHOENIX_BROKER_URL": "",
        "LOG_LEVEL": "WARNING",
        **{f"PHOENIX_{name}": value for name, value in places.items()},
        "PYTHONPATH": str(ROOT),
    }


def fill(folder: Path, like: Path | None = None) -> Mapping[str, Mapping[str, Any]]:
    """Make the databases of the sites in a folder; the names in each.  `like` names a database to copy instead."""
    database = folder / "busy.sqlite3"
    if like:
        copy(like, database)
    command = [sys.executable, "-c", FILLING.format("rows_of_a_site" if like else "rows_of_tests")]
    ended = subprocess.run(command, cwd=ROOT, env=environment(database), capture_output=True, text=True, check=False)
    if ended.returncode:
        raise RuntimeError(f"the site could not be filled:\n{ended.stderr}")
    names: Mapping[str, Mapping[str, Any]] = json.loads(ended.stdout)
    return names


def copy(source: Path, target: Path) -> None:
    """Copy a SQLite database, consistently even while it is written to."""
    if not source.is_file():
        raise FileNotFoundError(f"There is no database {source}.")
    uri = f"{source.resolve().as_uri()}?mode=ro"
    with (
        contextlib.closing(sqlite3.connect(uri, uri=True)) as one,
        contextlib.closing(sqlite3.connect(target)) as other,
    ):
        one.backup(other)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


@dataclass
class Site:
    """A served database; `names` fill in the addresses of pages."""

    database: Path
    names: Mapping[str, Any]
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start serving; returns at once."""
        bind, log = f"127.0.0.1:{self.port}", self.database.with_suffix(".log")
        options = ("--bind", bind, "--threads", "4", "--no-control-socket", "--log-level", "warning")
        command = [sys.executable, "-m", "gunicorn", "phoenix_site.wsgi", *options]
        with log.open("ab") as written:
            settings = environment(self.database)
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=settings, stdout=written, stderr=written, start_new_session=True
            )

    def wait(self) -> None:
        """Return once it answers; RuntimeError with its log if it does not."""
        deadline = time.monotonic() + STARTED_WITHIN
        while self.process and self.process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.url}/login/", timeout=5):  # noqa: S310
                return
            time.sleep(0.05)
        raise RuntimeError(f"{self.url} does not answer:\n{self.database.with_suffix('.log').read_text()}")

    def end(self) -> None:
        """Kill it with its workers, as a crash would."""
        if self.process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@contextlib.contextmanager
def serving(sites: Mapping[str, Site]) -> Iterator[Mapping[str, Site]]:
    """Start all of them together, and end them."""
    try:
        for site in sites.values():
            site.start()
        for site in sites.values():
            site.wait()
        yield sites
    finally:
        for site in sites.values():
            site.end()


def sites(folder: Path, like: Path | None = None) -> Mapping[str, Site]:
    """The sites of a folder, filled."""
    return {name: Site(folder / f"{name}.sqlite3", names) for name, names in fill(folder, like).items()}


def chromium() -> str:
    """The browser's program; RuntimeError where there is none."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        raise RuntimeError("No chromium here: as root, run apt-get install --no-install-recommends chromium")
    return found
