"""Systems that run a command and keep nothing of it, each set up in an environment of its own below var/peers.

What such an environment needs is in benchmarks/peers/NAME.txt, the programs that use it are beside that.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = ROOT / "benchmarks" / "peers"
JOB = PROGRAMS / "job.sh"
ENVIRONMENTS = ROOT / "var" / "peers"
WORKERS = 2
INSTALLED_WITHIN, STARTED_WITHIN, ENDS_WITHIN = 600.0, 120.0, 30.0
"""Seconds."""
Submit = Callable[[int, Sequence[str]], None]
"""Give a system so many times the same command."""


class Absent(Exception):
    """This peer cannot be measured here; says why."""


def environment(name: str) -> Path:
    """The folder of a peer's programs, once it is installed as pinned; raises Absent if it cannot be."""
    pinned, home = PROGRAMS / f"{name}.txt", ENVIRONMENTS / name
    stamp = home / "installed.txt"
    if not (stamp.exists() and stamp.read_text() == pinned.read_text()):
        print(f"installing {name} into {home.relative_to(ROOT)}", flush=True)
        words = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries=1", "-r", str(pinned))
        installed(sys.executable, "-m", "venv", "--clear", str(home))
        installed(str(home / "bin" / "python"), *words)
        shutil.copy(pinned, stamp)
    return home / "bin"


def installed(*command: str) -> None:
    """One step of an installation; Absent with the last that it said."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALLED_WITHIN, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Absent(f"it cannot be installed: {error}") from error
    if done.returncode:
        raise Absent(f"it cannot be installed: {last(done.stderr)}")


def last(words: str) -> str:
    """The line that says what went wrong."""
    return (words.strip().splitlines() or ["no word of why"])[-1]


@contextlib.contextmanager
def running(command: Sequence[str | Path], folder: Path, variables: Mapping[str, str]) -> Iterator[None]:
    """A program of a peer, until the block ends; what it says goes to the folder."""
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(command, cwd=PROGRAMS, env=around(variables), stdout=log, stderr=log)  # noqa: S603
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(ENDS_WITHIN)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def around(variables: Mapping[str, str]) -> dict[str, str]:
    """This environment, without what belongs to phoenix alone."""
    kept = {key: value for key, value in os.environ.items() if key not in {"DJANGO_SETTINGS_MODULE", "DATABASE_URL"}}
    return {**kept, "PYTHONPATH": str(PROGRAMS), "PYTHONDONTWRITEBYTECODE": "1", **variables}


def by(program: Path, script: str, variables: Mapping[str, str]) -> Submit:
    """A script of the peer gives it the commands."""

    def submit(number: int, command: Sequence[str]) -> None:
        words = (str(program), script, str(number), *command)
        done = subprocess.run(words, cwd=PROGRAMS, env=around(variables), capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise Absent(f"it does not take jobs: {last(done.stderr)}")

    return submit


@contextlib.contextmanager
def xargs(_folder: Path) -> Iterator[Submit]:
    """The smallest that there is."""

    def submit(number: int, command: Sequence[str]) -> None:
        lines = "".join(f"{n}\n" for n in range(number))
        words = ("xargs", f"-P{WORKERS}", "-I{}", *command)
        subprocess.run(words, input=lines, text=True, check=True)  # noqa: S603

    if not shutil.which("xargs"):
        raise Absent("there is no xargs")
    yield submit


@contextlib.contextmanager
def celery(folder: Path) -> Iterator[Submit]:
    """Prefork workers and a Redis of its own, as they are by default."""
    if not (shutil.which("redis-server") or shutil.which("redis-check-rdb")):
        raise Absent("there is no Redis: as root, apt-get install --no-install-recommends redis-tools")
    programs = environment("celery")
    from tests import redis_server

    with redis_server.running() as redis:
        variables = {"BROKER_URL": f"redis+socket://{redis.folder}/socket"}
        words = ("-A", "celery_app", "worker", f"--concurrency={WORKERS}", "--loglevel=ERROR")
        with running((programs / "celery", *words), folder, variables):
            yield by(programs / "python", "celery_app.py", variables)


@contextlib.contextmanager
def django_q2(folder: Path) -> Iterator[Submit]:
    """A plain project with a PostgreSQL of its own as broker, which keeps what it commits, as that of phoenix."""
    programs = environment("django_q2")
    from tests import postgres

    with postgres.restartable(folder, postgres.DURABLE):
        variables = {"PGHOST": str(folder / "postgresql"), "DJANGO_SETTINGS_MODULE": "q2_settings"}
        words = (programs / "django-admin", "migrate", "--verbosity=0")
        subprocess.run(words, cwd=PROGRAMS, env=around(variables), check=True)  # noqa: S603
        with running((programs / "django-admin", "qcluster"), folder, variables):
            yield by(programs / "python", "q2_task.py", variables)


@contextlib.contextmanager
def prefect(folder: Path) -> Iterator[Submit]:
    """A server of its own with SQLite, as it is by default, and a flow."""
    programs, port = environment("prefect"), free_port()
    address = f"http://127.0.0.1:{port}/api"
    quiet = {"PREFECT_LOGGING_LEVEL": "ERROR", "PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1"}
    variables = {"PREFECT_HOME": str(folder), "PREFECT_API_URL": address, **quiet}
    server = (programs / "prefect", "server", "start", "--host=127.0.0.1", f"--port={port}")
    with running(server, folder, variables):
        answers(f"{address}/health")
        yield by(programs / "python", "prefect_flow.py", variables)


def free_port() -> int:
    """One of this machine that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def answers(address: str) -> None:
    """Return once a server does; raises Absent if it takes too long."""
    end = time.monotonic() + STARTED_WITHIN
    while time.monotonic() < end:
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=5):  # noqa: S310 - our own
            return
        time.sleep(0.5)
    raise Absent("its server does not answer")


PEERS: Mapping[str, Callable[[Path], contextlib.AbstractContextManager[Submit]]] = {
    "xargs": xargs,
    "celery": celery,
    "django_q2": django_q2,
    "prefect": prefect,
}
