"""`manage.py demo`: one simulated night through ESO's own pipelines, from AB files to archived products."""

import json
import os
import secrets
import shutil
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import Progress

from processing import control
from processing.demo import cache, instants, masters, naco_masters, night, plan
from processing.management import demo_report, demo_run

USER = "operator"
DEFAULT_FOLDER = settings.BASE_DIR / "var" / "demo"
# A file that says: what is in this folder was made by the demo.
MARK = "simulated-night"


class Command(BaseCommand):
    """Everything of the demo is below one folder, with a database of its own; an existing night there is replaced."""

    help = "Process one simulated night of UVES and NACO with the real esorex and show it on the dashboard."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """All have defaults."""
        parser.add_argument("--abs", type=int, default=17, metavar="N", help="number of ABs (default 17: every kind)")
        parser.add_argument("--seed", type=int, default=1, help="another seed is another night (default 1)")
        parser.add_argument("--date", default="2012-05-09", help="DFO date, from 2009-07-06 on (default 2012-05-09)")
        parser.add_argument("--exit", action="store_true", help="end after the night, with a JSON summary")
        parser.add_argument("--port", type=int, default=8000, help="of the dashboard (default 8000)")
        parser.add_argument("--folder", type=Path, default=DEFAULT_FOLDER, help="default var/demo")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Simulate, calibrate, register, process, compare; then stay with the dashboard, or leave."""
        folder = options["folder"].resolve()
        check_options(options)
        check_folder(folder)
        enter(folder)
        console = Console()
        started = time.monotonic()
        reset(folder)
        password = first_user()
        with demo_run.interruptible(), demo_run.web(folder, options["port"]):
            console.print(f"dashboard: [b]http://127.0.0.1:{options['port']}/[/b]  user {USER}  password {password}")
            report = run_night(folder, options, console)
            report.seconds = round(time.monotonic() - started, 1)
            demo_report.show(report, console)
            console.print(f"dashboard: [b]http://127.0.0.1:{options['port']}/[/b]  user {USER}  password {password}")
            if not options["exit"]:
                console.print("Ctrl-C ends the dashboard.")
                demo_run.stay()
        self.stdout.write(json.dumps(report.summary()))
        if not report.good:
            sys.exit(1)


def check_options(options: dict[str, Any]) -> None:
    """Say what is missing before anything is done."""
    if options["abs"] < 1:
        raise CommandError("--abs needs at least 1", returncode=2)
    try:
        over = instants.midnight(options["date"]) + timedelta(days=1) < datetime.now(UTC)
    except ValueError as error:
        raise CommandError(f"--date: {error}", returncode=2) from error
    if not over:
        raise CommandError("--date: the night is not over; no product may come from the future", returncode=2)
    if not shutil.which("esorex"):
        raise CommandError("esorex is missing: apt-get install esorex cpl-plugin-uves")


def check_folder(folder: Path) -> None:
    """What is in the demo's folder is replaced: refuse one with files that no demo made."""
    ours = folder == DEFAULT_FOLDER or (folder / MARK).exists()
    if not ours and folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CommandError(f"--folder: {folder} holds something else; name a new or an empty folder", returncode=2)


def enter(folder: Path) -> None:
    """Start this command anew with the demo's own settings, so that it can never touch another database."""
    wanted = {
        "DATABASE_URL": f"sqlite:///{folder / 'phoenix.sqlite3'}",
        "PHOENIX_WORK_DIR": str(folder / "work"),
        "DFO_CAL_DIR": str(folder / "work" / "cal"),
        "PHOENIX_ARCHIVE_URL": (folder / "archive").as_uri(),
        "PHOENIX_INGEST_URL": (folder / "products").as_uri(),
        "PHOENIX_WINDOW": "00:00-24:00",
        "LOG_LEVEL": "WARNING",
    }
    if any(os.environ.get(name) != value for name, value in wanted.items()):
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | wanted)  # noqa: S606 - no shell


def reset(folder: Path) -> None:
    """An empty night and an empty database; the master calibrations stay in their cache."""
    for name in ("archive", "abs", "work", "products"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for file in folder.glob("phoenix.sqlite3*"):
        file.unlink()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).touch()
    call_command("migrate", verbosity=0)


def first_user() -> str:
    """Make the user who may see everything; returns the password, new each time."""
    password = secrets.token_urlsafe(9)
    get_user_model().objects.create_superuser(USER, password=password)
    return password


def run_night(folder: Path, options: dict[str, Any], console: Console) -> demo_report.Report:
    """The night itself, with a bar for each of its phases."""
    kinds = plan.plan(options["abs"], instruments(console))
    seed, date = options["seed"], options["date"]
    with Progress(*demo_run.COLUMNS, console=console) as progress:
        advance = demo_run.bar(progress, "simulate", len(kinds))
        planned = night.simulate(folder, kinds=kinds, seed=seed, date=date, advance=advance)
        for made in calibrate(kinds, progress, seed=seed, date=date):
            masters.install(made, folder / "archive")
        outcomes = list(control.register_files(control.find_files([folder / "abs"])))
        with demo_run.worker(folder) as cluster:
            demo_run.follow(progress, cluster)
    return demo_report.compare(planned, outcomes, seed)


def instruments(console: Console) -> list[plan.Instrument]:
    """Those whose pipeline is installed: UVES, and NACO if it is there."""
    if cache.knows("naco_img_jitter"):
        return ["UVES", "NACO"]
    console.print("[yellow]NACO is left out[/yellow]: its pipeline is missing (apt-get install cpl-plugin-naco)")
    return ["UVES"]


def calibrate(kinds: Sequence[plan.Kind], progress: Progress, *, seed: int, date: str) -> Iterator[Path]:
    """The folders with the master calibrations that these ABs need; what is not in the cache is made."""
    place = settings.BASE_DIR / "var" / "masters"
    arms = sorted({kind.arm for kind in kinds if kind.arm})
    has_images = any(kind.instrument == "NACO" for kind in kinds)
    total = masters.steps(arms) + has_images * naco_masters.steps()
    advance = demo_run.bar(progress, "calibrate", total)
    yield masters.make(place, seed=seed, date=date, arms=arms, advance=advance)
    if has_images:
        yield naco_masters.make(place, seed=seed, date=date, advance=advance)
    demo_run.complete(progress)
