"""The ledger of a job file: a database of its own, in which the workflow runs as it does with the queue."""

import json
from collections.abc import Iterable, Mapping

from django.db.models import QuerySet

from processing.core.ab import decode
from processing.core.errors import BadAB
from processing.core.jobfile import BadLine
from processing.core.states import DateState, JobState
from processing.models import Certificate, Instrument, Job, ProcessingDate
from processing.models.jobs import JobQuerySet
from processing.models.runtimes import RunTimes
from processing.workflow.finish import finish
from processing.workflow.jobfile import CERTIFICATE, Place
from processing.workflow.prepare import prepare
from processing.workflow.process import process
from processing.workflow.register import judge, register

BUSY = (DateState.REGISTERED, DateState.PREPARING, DateState.FINISHING, DateState.HELD)


def fill(place: Place, lines: Mapping[str, int]) -> list[BadLine]:
    """Bring the ledger up to its job file: certificates, run times, the ABs named, and those that are rejected.

    Returns what cannot be followed.  Safe to repeat; an AB that the ledger knows is left as it is.
    """
    learn(place)
    there = {file.name for file in place.text(".").glob("[!.]*")}
    names = [*lines, *sorted(there - set(lines))]
    found = (follow(place, name, lines.get(name, 0)) for name in names)
    return [bad for bad in found if bad]


def follow(place: Place, name: str, line: int) -> BadLine | None:
    """Register an AB if a line names it, or if it is not executable: then it is recorded with its reason."""
    file = place.text(name)
    try:
        text = decode(file.read_bytes(), name)
        if not line and not judge(text, name)[1]:
            return None
        registered = register(text, name).job.block.name
        trouble = f"{file} is the text of {registered}" if registered != name else ""
    except OSError as error:
        trouble = f"{name}: no text at {file}: {error.strerror}"
    except BadAB as error:
        trouble = str(error)
    return BadLine(str(place.file), line, trouble) if trouble else None


def learn(place: Place) -> None:
    """Take over certificates and run times: what is certified is not decided here."""
    known = json.loads(place.known.read_text())
    rows = [Certificate(**row) for row in known["certificates"]]
    terms = [name for name in CERTIFICATE if name not in ("instrument", "name", "version")]
    Certificate.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["instrument", "name", "version"], update_fields=terms
    )
    for row in known["runtimes"]:
        Instrument.objects.get_or_create(name=row["instrument_id"])
        RunTimes.objects.update_or_create(instrument_id=row["instrument_id"], defaults={"levels": row["levels"]})


def chosen(names: Iterable[str]) -> JobQuerySet:
    """The jobs of the ABs that the file names now: a line may have been taken out since they were registered."""
    jobs: JobQuerySet = Job.objects.filter(block__name__in=list(names))
    return jobs


def step(jobs: JobQuerySet) -> bool:
    """One thing that is due, if any; products wait for `push`, which knows the archive's names and versions."""
    return finish() or prepare() or process(jobs)


def unfinished(jobs: QuerySet[Job]) -> int:
    """How many of the jobs are still to run or running, and how many dates are on the way."""
    open_jobs = jobs.filter(state__in=(JobState.WAITING, JobState.RUNNING)).count()
    return open_jobs + ProcessingDate.objects.filter(state__in=BUSY).count()
