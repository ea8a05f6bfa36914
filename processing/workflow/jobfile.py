"""Writes job files (model 2): the ABs of a date, their texts, and what a machine without the database must know."""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from processing.core.ab import AB, decode
from processing.core.certification import why_not_executable
from processing.core.errors import BadAB
from processing.core.jobfile import Entry, compose
from processing.core.prediction import kind_of, predict
from processing.core.states import JobState
from processing.models import AssociationBlock, Certificate, Job
from processing.models.blocks import read
from processing.models.campaigns import DAY_TO_DAY
from processing.models.runtimes import RunTimes, learned
from processing.workflow.register import same

CERTIFICATE = ("instrument", "name", "version", "position", "state", "recipe", "content", "cores", "memory")


@dataclass(frozen=True)
class Place:
    """A job file, and the folder beside it with all that belongs to it."""

    file: Path

    @property
    def folder(self) -> Path:
        """`FILE.ledger`."""
        return self.file.with_name(f"{self.file.name}.ledger")

    @property
    def database(self) -> Path:
        """The ledger: what became of each AB."""
        return self.folder / "phoenix.sqlite3"

    @property
    def work(self) -> Path:
        """Work folder of the ledger's jobs: nobody else tidies it up."""
        return self.folder / "work"

    @property
    def known(self) -> Path:
        """Certificates and run times, as they were when the job file was written."""
        return self.folder / "known.json"

    def text(self, name: str) -> Path:
        """The text of an AB."""
        return self.folder / "abs" / name


@dataclass(frozen=True)
class Written:
    """What a job file holds, and the AB texts that could not be read."""

    entries: list[Entry]
    refused: list[BadAB]


def write(place: Place, day: date, instrument: str, texts: Iterable[tuple[bytes, str]] | None = None) -> Written:
    """Write, or write anew, the job file of a date, of one instrument or ("") of all.

    The ABs are those that are registered, or `texts`: (content, file) of AB files, which are not registered by this.
    The texts are there before the file, and the file changes at once.  Raises OSError.
    """
    entries, refused = [], []
    for content, file in registered(day, instrument) if texts is None else texts:
        try:
            text = decode(content, file)
            ab = read(text, file)
            if ab.date != day or (instrument and ab.instrument != instrument):
                continue
            entry, wanted = judge(ab, text, file)
        except BadAB as bad:
            refused.append(bad)
            continue
        entries.append(entry)
        if wanted:
            replace(place.text(entry.name), text.encode())
    replace(place.known, json.dumps(knowledge()).encode())
    replace(place.file, compose(instrument or "all instruments", day, entries).encode())
    return Written(entries, refused)


def registered(day: date, instrument: str) -> Iterator[tuple[bytes, str]]:
    """The texts of the ABs of a date that the database knows."""
    blocks = AssociationBlock.objects.filter(date__date=day)
    if instrument:
        blocks = blocks.filter(date__instrument=instrument)
    return ((text.encode(), name) for name, text in blocks.values_list("name", "text"))


def judge(ab: AB, text: str, file: str) -> tuple[Entry, bool]:
    """An AB's entry, and whether its text goes with the file: an AB that is rejected is recorded with its reason.

    Raises `BadAB` if the name is known with another text.
    """
    seconds = predict(learned(ab.instrument), kind_of(ab.recipe, ab.setup[:64], len(ab.raws))).seconds
    known = AssociationBlock.objects.filter(name=ab.name).first()
    if known:
        same(known, text, file)
    job = Job.objects.filter(block=known, campaign__name=DAY_TO_DAY).first() if known else None
    if job and job.state not in (JobState.WAITING, JobState.REJECTED):
        return Entry(ab.name, seconds, f"{job.state}: it has a job already, and no AB gets two"), False
    if job:
        return Entry(ab.name, seconds, f"{job.reason}: {job.sentence}" if job.state == JobState.REJECTED else ""), True
    refusal = why_not_executable(ab, [row.value for row in Certificate.objects.of(ab.instrument)])
    return Entry(ab.name, seconds, f"{refusal.reason}: {refusal.sentence}" if refusal else ""), True


def knowledge() -> dict[str, list[dict[str, Any]]]:
    """All certificates, and what was learned of run times."""
    return {
        "certificates": list(Certificate.objects.values(*CERTIFICATE)),
        "runtimes": list(RunTimes.objects.values("instrument_id", "levels")),
    }


def replace(target: Path, content: bytes) -> None:
    """Write a file whole or not at all: who reads it meanwhile has the old one."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=target.parent, prefix=f".{target.name[:80]}.", delete=False) as draft:
        try:
            draft.write(content)
            draft.flush()
            os.fsync(draft.fileno())
            Path(draft.name).chmod(0o644)
            Path(draft.name).replace(target)
        except BaseException:
            Path(draft.name).unlink(missing_ok=True)
            raise
