"""Writes down what an attempt found, so that any host can show it when the files are gone."""

import shlex
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from django.db import transaction
from django.db.models import Q

from processing.core import association, scoring
from processing.core.ab import AB
from processing.core.certification import Certificate
from processing.core.origin import RawFacts
from processing.core.ports import Command, Finished
from processing.core.scoring import Measurement
from processing.models import Event, Ingestion, Job, JobLog, Qc1Parameter, RawFrame, Score
from processing.models.noted import How, noted
from processing.models.patience import patient
from processing.models.shaped import Otherwise, insert, update
from processing.plugins import headertext

LOG_LIMIT = 500_000  # characters of a log that are kept, from both of its ends
HEADERS_LIMIT = 500_000  # characters of headers after which no further file is read
REPLACED = Otherwise(("job_id",), ("text", "command"))


def associations(job: Job, ab: AB, certificate: Certificate) -> None:
    """The association scores, from the AB alone: rejected ABs have them too."""
    all_associations([(job, ab, certificate)])


def all_associations(rows: Iterable[tuple[Job, AB, Certificate]]) -> None:
    """Those of many jobs at once."""
    found: list[Score] = []
    flagged: dict[int, list[int]] = defaultdict(list)
    for job, ab, certificate in rows:
        scores = scoring.score(association.rules(certificate), association.measure(ab, certificate))
        found += [Score.of(job, Score.Kind.ASSOCIATION, score) for score in scores]
        flagged[scoring.total(scores)].append(job.pk)
    with transaction.atomic():
        Score.objects.bulk_create(found, ignore_conflicts=True)
        for flags, jobs in flagged.items():
            Job.objects.filter(pk__in=jobs).update(association_flags=flags)


class Found:
    """What was measured on the products of a job, and how it scores."""

    def __init__(self, certificate: Certificate, measured: Sequence[Measurement]) -> None:
        self.measured = measured
        self.scores = scoring.score(certificate.scores, measured)
        self.flags = scoring.total(self.scores)

    def write(self, job: Job) -> None:
        """The rows of QC1 parameters and processing scores; what is there already stays."""
        insert([Qc1Parameter.of(job, one) for one in self.measured], Otherwise())
        insert([Score.of(job, Score.Kind.PROCESSING, score) for score in self.scores], Otherwise())


@patient
def measurements(job: Job, found: Found) -> None:
    """Those of a job that has failed nevertheless."""
    with transaction.atomic():
        found.write(job)
        update(Job, Q(pk=job.pk), {"processing_flags": found.flags})


@patient
def raw_facts(job: Job, facts: Sequence[RawFacts]) -> None:
    """What the archive product will need of the raw headers after the frames are deleted."""
    for fact in facts:
        values = {"mjd_obs": fact.mjd_obs, "exptime": fact.exptime, "tech": fact.tech}
        update(RawFrame, Q(block_id=job.block_id, dp_id=fact.dp_id), values)


@patient
def execution(job: Job, command: Command, finished: Finished, log: str) -> None:
    """The recipe's command and log, time and memory.

    They come together: once there is an exit code, nothing replaces the log.
    """
    values = {name: getattr(finished, name) for name in ("exit_code", "seconds", "cpu_seconds", "memory")}
    written = JobLog(job=job, text=shortened(log), command=shlex.join(command.argv))
    noted(Job, Q(pk=job.pk), values, written, How(otherwise=REPLACED))


def growing_log(job: Job, log: str) -> None:
    """The log of a recipe that runs, as far as it is; nothing if it has not grown, or if the recipe has ended."""
    text = shortened(log)
    JobLog.objects.get_or_create(job=job)
    JobLog.objects.filter(job=job, job__exit_code=None).exclude(text=text).update(text=text)


@patient
def headers(job: Job, *folders: Path) -> None:
    """The headers of all FITS files below these folders, in their order: the files of a failed job go, these stay."""
    texts, length = [], 0
    for file in (file for folder in folders for file in sorted(folder.rglob("*.fits"))):
        texts.append(headertext.text(file))
        length += len(texts[-1])
        if length > HEADERS_LIMIT:
            texts.append("# [… more files …]\n")
            break
    if texts:
        JobLog.objects.update_or_create(job=job, defaults={"headers": "\n".join(texts)})


def failure(job: Job, trace: str) -> None:
    """A traceback, after whatever the recipe had logged."""
    log, _ = JobLog.objects.get_or_create(job=job)
    log.text = shortened("\n".join(filter(None, (log.text, trace))))
    log.save(update_fields=["text"])


def shortened(log: str) -> str:
    """The log without NUL bytes, which PostgreSQL refuses; a very long one loses its middle."""
    text = log.replace("\0", "")
    half = LOG_LIMIT // 2
    return (
        text if len(text) <= LOG_LIMIT else f"{text[:half]}\n[… {len(text) - LOG_LIMIT} characters …]\n{text[-half:]}"
    )


def processed(job: Job, labels: Sequence[str], found: Found) -> None:
    """What belongs to the transaction in which a job becomes PROCESSED: one ingestion per archive product, QUEUED."""
    found.write(job)
    rows = [Ingestion(job=job, label=label) for label in labels]
    for row, number in zip(rows, insert(rows), strict=True):
        row.pk = number
    Event.append(*(row.event("", row.state) for row in rows))
