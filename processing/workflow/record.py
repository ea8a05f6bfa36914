"""Writes down what an attempt found, so that any host can show it when the files are gone."""

import shlex
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from django.db import transaction

from processing.core import association, scoring
from processing.core.ab import AB
from processing.core.certification import Certificate
from processing.core.origin import RawFacts
from processing.core.ports import Command, Finished, Product
from processing.core.scoring import Measurement
from processing.models import Ingestion, Job, JobLog, Qc1Parameter, RawFrame, Score
from processing.models.patience import patient
from processing.plugins import fits, headertext

LOG_LIMIT = 500_000  # characters of a log that are kept, from both of its ends
HEADERS_LIMIT = 500_000  # characters of headers after which no further file is read


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


@patient
def measurements(job: Job, certificate: Certificate, measured: Sequence[Measurement]) -> None:
    """QC1 parameters and processing scores."""
    scores = scoring.score(certificate.scores, measured)
    with transaction.atomic():
        Qc1Parameter.objects.bulk_create((Qc1Parameter.of(job, m) for m in measured), ignore_conflicts=True)
        rows = (Score.of(job, Score.Kind.PROCESSING, score) for score in scores)
        Score.objects.bulk_create(rows, ignore_conflicts=True)
        Job.objects.filter(pk=job.pk).update(processing_flags=scoring.total(scores))


@patient
def raw_facts(job: Job, facts: Sequence[RawFacts]) -> None:
    """What the archive product will need of the raw headers after the frames are deleted."""
    for fact in facts:
        frames = RawFrame.objects.filter(block=job.block_id, dp_id=fact.dp_id)
        frames.update(mjd_obs=fact.mjd_obs, exptime=fact.exptime, tech=fact.tech)


@patient
def execution(job: Job, command: Command, finished: Finished, log: str) -> None:
    """The recipe's command and log, time and memory.

    The exit code comes first: from then on nothing replaces the log.
    """
    Job.objects.filter(pk=job.pk).update(
        exit_code=finished.exit_code,
        seconds=finished.seconds,
        cpu_seconds=finished.cpu_seconds,
        memory=finished.memory,
    )
    row = JobLog(job=job, text=shortened(log), command=shlex.join(command.argv))
    JobLog.objects.bulk_create([row], update_conflicts=True, unique_fields=["job"], update_fields=["text", "command"])


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


def software(products: Sequence[Product]) -> str:
    """Pipeline and version that made the products."""
    return str(fits.header(products[0].path).get("ESO PRO REC1 PIPE ID", ""))


def shortened(log: str) -> str:
    """The log without NUL bytes, which PostgreSQL refuses; a very long one loses its middle."""
    text = log.replace("\0", "")
    half = LOG_LIMIT // 2
    return (
        text if len(text) <= LOG_LIMIT else f"{text[:half]}\n[… {len(text) - LOG_LIMIT} characters …]\n{text[-half:]}"
    )


def queue_ingestions(job: Job, labels: Sequence[str]) -> None:
    """One ingestion per archive product, QUEUED: within the transaction in which the job becomes PROCESSED."""
    for label in labels:
        row = Ingestion.objects.create(job=job, label=label)
        row.note("", row.state)
