"""The verb `jobfile`: write a job file, run it on this machine, bring its results into the database."""

import fcntl
import os
import re
from argparse import SUPPRESS, ArgumentParser, ArgumentTypeError
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from processing import control
from processing.core.ab import MAX_BYTES
from processing.core.jobfile import BadLine
from processing.core.states import JobState
from processing.management.certificates import Answer
from processing.management.ledger import enter, fill, lines, locked, settle
from processing.management.local_run import run_workers, work
from processing.management.validate import printable
from processing.models import Job
from processing.workflow import jobfile, ledger
from processing.workflow.push import push as push_ledger
from processing.workflow.reap import reap

Options = Mapping[str, Any]
Outcome = tuple[Answer, bool]
"""What is said, and whether all is well."""
SAFE = re.compile(r"/[A-Za-z0-9._+:/\-]+")
"""Paths that can stand in the URL of a database, and in a recipe's set of frames."""
WELL = (JobState.PROCESSED, JobState.INGESTED, JobState.REJECTED, JobState.SKIPPED)


def arguments(parser: ArgumentParser, day: Callable[[str], date]) -> None:
    """write, run, process, push, settle."""
    steps = parser.add_subparsers(dest="step", required=True, metavar="STEP")

    def step(name: str, text: str, *, takes_file: bool = True) -> ArgumentParser:
        sub = steps.add_parser(name, help=text, description=text)
        sub.add_argument("--json", action="store_true", default=SUPPRESS, help="print JSON")
        if takes_file:
            sub.add_argument("file", type=Path, metavar="FILE")
        return sub

    write = step("write", "Write the job file of a date, or write it anew.", takes_file=False)
    write.add_argument("date", type=day, metavar="DATE", help="DFO date, YYYY-MM-DD")
    write.add_argument("--instrument", default="", help="of this one only")
    write.add_argument(
        "--abs", nargs="+", type=Path, metavar="PATH", help="AB files or folders, not what is registered"
    )
    write.add_argument("-o", "--output", type=Path, metavar="FILE", help="instead of a file in $DFO_JOB_DIR")
    run = step("run", "Run a job file on this machine, without the database and its queue; 1 if anything failed.")
    run.add_argument("--workers", type=count, default=settings.WORKERS, metavar="N", help=f"({settings.WORKERS})")
    one = step("process", "Run one line of a job file, here and now.")
    one.add_argument("-a", dest="ab", required=True, metavar="AB", help="as in the line: processAB -a AB")
    step("push", "Bring the results of a job file into the database, and its products into the archive; once.")
    step("settle", "End what a run that was killed has left: LOST, or waiting again if its recipe had not started.")
    step("work", "A worker; what `run` starts. It ends when its standard input does.")


def count(text: str) -> int:
    """A number of workers."""
    if not text.isdecimal() or not 1 <= int(text) <= 1000:  # noqa: PLR2004 - no machine has more
        raise ArgumentTypeError(f"{text!r} is no number of workers")
    return int(text)


def answer(options: Options) -> Outcome:
    """Take the step.  Raises CommandError for what cannot be done at all."""
    place = jobfile.Place(target(options).absolute())
    if not SAFE.fullmatch(str(place.file)):
        raise CommandError(f"{str(place.file)!r}: only letters, digits and . _ - + : / are safe there", returncode=2)
    steps: Mapping[str, Callable[[jobfile.Place, Options], Outcome]] = {
        "write": write,
        "run": run,
        "process": process,
        "settle": settle_here,
        "push": push,
        "work": work_on,
    }
    try:
        return steps[options["step"]](place, options)
    except OSError as error:
        raise CommandError(f"{error.filename or place.file}: {error.strerror or error}") from error


def target(options: Options) -> Path:
    """The file that is named; to be written without a name: `$DFO_JOB_DIR/execAB_SCIENCE_<date>`."""
    if options["step"] != "write":
        return Path(options["file"])
    parts = ("execAB_SCIENCE", options["instrument"], options["date"].isoformat())
    return options["output"] or Path(settings.PHOENIX["JOB_DIR"]) / "_".join(filter(None, parts))


def write(place: jobfile.Place, options: Options) -> Outcome:
    """From what is registered, or from AB files."""
    if options["instrument"] and options["instrument"] not in settings.PHOENIX["PIPELINES"]:
        raise CommandError(f"no instrument {options['instrument']!r} is known", returncode=2)
    texts = contents(options["abs"]) if options["abs"] else None
    written = jobfile.write(place, options["date"], options["instrument"], texts)
    left_out = [{"ab": entry.name, "why": entry.why_not} for entry in written.entries if entry.why_not]
    refused = [str(bad) for bad in written.refused]
    number = len(written.entries) - len(left_out)
    value = {"file": str(place.file), "abs": number, "left_out": left_out, "refused": refused}
    first = f"{place.file}: {number} ABs to process, {len(left_out)} not"
    return Answer(value, [first, *map(printable, refused)]), not refused


def contents(paths: list[Path]) -> Iterator[tuple[bytes, str]]:
    """The AB files named, and those below folders."""
    for file in control.find_files(paths):
        with file.open("rb") as stream:
            # One byte more than allowed is enough to know.
            yield stream.read(MAX_BYTES + 1), str(file)


def run(place: jobfile.Place, options: Options) -> Outcome:
    """All lines, in parallel; what a run has left that was killed is ended first."""
    named, bad = lines(place)
    enter(place, options["workers"])
    with locked(place):
        bad += fill(place, named)
        run_workers(place.file, ledger.chosen(named), options["workers"], quiet=options["json"])
        return report(place, named, bad)


def process(place: jobfile.Place, options: Options) -> Outcome:
    """One line; several may run side by side, but not beside a run."""
    named, _ = lines(place)
    name = options["ab"]
    if name not in named:
        raise CommandError(f"{place.file} has no line `processAB -a {name}`")
    enter(place)
    with locked(place, how=fcntl.LOCK_SH | fcntl.LOCK_NB):
        # No run goes on: a run that was killed while it stopped has left it.
        Path(os.environ[control.STOP_FLAG]).unlink(missing_ok=True)
        bad = fill(place, {name: named[name]})
        jobs = ledger.chosen([name])
        while ledger.step(jobs):
            pass
        return report(place, [name], bad)


def settle_here(place: jobfile.Place, _options: Options) -> Outcome:
    """Ends nothing that lives."""
    if not place.database.is_file():
        raise CommandError(f"{place.file} was not run: {place.database} is not there")
    enter(place)
    with locked(place):
        call_command("migrate", verbosity=0)
        reap()
        return report(place, Job.objects.values_list("block__name", flat=True), [])[0], True


def work_on(place: jobfile.Place, _options: Options) -> Outcome:
    """Until the run ends that has started it."""
    work(ledger.chosen(lines(place)[0]))
    return Answer({}, []), True


def report(place: jobfile.Place, names: Iterable[str], bad: list[BadLine]) -> Outcome:
    """What became of each AB; all is well if every one was processed, or rejected as it should be."""
    jobs = Job.objects.filter(block__name__in=list(names)).select_related("block").order_by("id")
    rows = [{"ab": str(job), "state": job.state, "reason": job.reason, "sentence": job.sentence} for job in jobs]
    states = Counter(row["state"] for row in rows)
    value = {"file": str(place.file), "states": states, "jobs": rows, "bad": [bad_line._asdict() for bad_line in bad]}
    told = [printable("  ".join(filter(None, row.values()))) for row in rows]
    return Answer(value, [*told, *(printable(str(one)) for one in bad)]), not bad and set(states) <= set(WELL)


def push(place: jobfile.Place, _options: Options) -> Outcome:
    """What has ended; conflicts are named, and left."""
    if not place.database.is_file():
        raise CommandError(f"{place.file} was not run: {place.database} is not there")
    settle(place)
    with locked(place):
        done = push_ledger(place)
    conflicts = [{"ab": name, "why": why} for name, why in done.conflicts]
    value = {
        "file": str(place.file),
        "brought": done.brought,
        "here": done.here,
        "conflicts": conflicts,
        "open": done.open,
    }
    numbers = (
        f"{len(done.brought)} brought, {len(done.here)} were here, {len(conflicts)} conflicts, {len(done.open)} open"
    )
    told = [f"{name}: {why}" for name, why in done.conflicts]
    return Answer(value, [numbers, *map(printable, told)]), not conflicts
