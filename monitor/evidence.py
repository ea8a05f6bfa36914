"""Evidence bundles for SDP: what is known of some failures, as a ZIP file without a pixel; the same every time."""

import json
import re
from collections.abc import Iterator
from io import BytesIO
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet
from django.http import HttpResponse

from monitor import failures
from processing import control
from processing.core.errors import BadAB
from processing.models import Cluster, Job, JobLog

MOST = 20
"""Jobs in a bundle; with logs and headers at their limits, they are some MB when packed."""
# The earliest time that a ZIP file can hold: no bundle depends on when it was made.
LONG_AGO = (1980, 1, 1, 0, 0, 0)
_STRANGE = re.compile(r"[^A-Za-z0-9._+\-]")
FIELDS = ("state", "reason", "sentence", "fingerprint", "registered", "claimed", "started", "processed", "ended")
NUMBERS = ("exit_code", "seconds", "cpu_seconds", "memory")

README = """\
Evidence of {what}

This is what phoenix {version} knows of {number} of {total} failed attempts{which}. Each has a folder,
named by its place here and by the name of its association block (AB):

  ab.txt         the AB as it was delivered
  frames.sof     the set of frames that the recipe gets: file names and tags, without folders
  log.txt        the recipe's log; if phoenix itself failed, a traceback at its end
  headers.txt    headers of the raw frames and of the products that there were, as text
  versions.json  state, reason, times; recipe, certificate, software; the command that ran

There are no pixels: raw frames and calibrations are in the archive under the names in frames.sof.
A file that is not there was not known: an attempt that ended before its recipe has no log, and one
that ended before its frames came has no headers. After a failed ingestion there are headers of the
products alone. Headers and logs that were very long are shortened, and say where.
All times are UTC.
"""


def download(what: str, name: str, jobs: "QuerySet[Job]") -> HttpResponse:
    """A bundle of the first `MOST` of these jobs, as an answer; `what` is the title of its README."""
    content = BytesIO()
    write(content, what, jobs[:MOST], jobs.count())
    headers = {"Content-Disposition": f'attachment; filename="phoenix-{plain(name)}.zip"'}
    return HttpResponse(content.getvalue(), content_type="application/zip", headers=headers)


def of_kind(cluster: Cluster) -> HttpResponse:
    """The bundle of a kind of failure."""
    what = f"failures of kind {cluster.fingerprint}: {cluster.phase}, {cluster.recipe}\n{cluster.message}"
    return download(what, cluster.fingerprint, failures.jobs_of(cluster, {}))


def of_job(job: Job) -> HttpResponse:
    """The bundle of one attempt."""
    return download(f"the attempt of {job.block.name}", job.block.name, Job.objects.filter(pk=job.pk))


def write(file: IO[bytes], what: str, jobs: "QuerySet[Job]", total: int) -> None:
    """Write the bundle, one job after the other: memory holds one of them."""
    number = min(total, MOST)
    which = ", those of the newest dates" if total > number else ""
    facts = {"what": what, "version": control.VERSION, "number": number, "total": total, "which": which}
    with ZipFile(file, "w", ZIP_DEFLATED) as bundle:
        add(bundle, "README.txt", README.format(**facts))
        for place, job in enumerate(complete(jobs), 1):
            folder = f"{place:02d}_{plain(job.block.name.removesuffix('.ab'))}"
            for name, text in contents(job):
                add(bundle, f"{folder}/{name}", text)


def complete(jobs: "QuerySet[Job]") -> Iterator[Job]:
    """Each job with all that a bundle has of it."""
    for pk in [job.pk for job in jobs]:
        yield Job.objects.select_related("block", "campaign", "date", "certificate").get(pk=pk)


def add(bundle: ZipFile, name: str, text: str) -> None:
    """One file, readable for all and of no particular time."""
    entry = ZipInfo(name, LONG_AGO)
    entry.compress_type, entry.external_attr = ZIP_DEFLATED, 0o644 << 16
    bundle.writestr(entry, text.encode(errors="replace"))


def plain(name: str) -> str:
    """As a file name on any system: no slash, no colon."""
    return _STRANGE.sub("-", name)


def contents(job: Job) -> Iterator[tuple[str, str]]:
    """Name and text of each file of a job; what is empty is left out."""
    row = JobLog.objects.filter(job=job).first() or JobLog(job=job)
    kept = row.kept or JobLog(job=job, text=f"{row.gone}\n")
    yield "ab.txt", job.block.text
    texts = {"frames.sof": sof(job), "log.txt": kept.text, "headers.txt": kept.headers}
    yield from ((name, text) for name, text in texts.items() if text)
    yield "versions.json", json.dumps(versions(job, kept.command), cls=DjangoJSONEncoder, indent=1) + "\n"


def sof(job: Job) -> str:
    """The set of frames as the recipe gets it, by names alone; empty if the AB cannot be read any more."""
    try:
        raws = [(f"{raw.dp_id}.fits", raw.tag) for raw in job.block.value.raws]
        return "".join(f"{name} {tag}\n" for name, tag in [*raws, *((name, tag) for name, tag, _ in job.used())])
    except BadAB:
        return ""


def versions(job: Job, command: str) -> dict[str, Any]:
    """What ran, under which certificate, and how it ended."""
    certificate = job.certificate
    return {
        "ab": job.block.name,
        "campaign": job.campaign.name,
        "instrument": job.date.instrument_id,
        "date": job.date.date,
        **{name: getattr(job, name) for name in (*FIELDS, *NUMBERS)},
        "recipe": job.block.recipe,
        "setup": job.block.setup,
        "certificate": str(certificate) if certificate else None,
        "certified_pipeline": certificate.content.get("pipeline") if certificate else None,
        "certificate_content": certificate.terms if certificate else None,
        "software": job.software or None,
        "command": command or None,
        "phoenix": control.VERSION,
    }
