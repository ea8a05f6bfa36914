"""Certificates as pages and API show them: what is in force, what waits for review, what each version was used for."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q

from processing.core.certification import BadCertificate
from processing.core.certification import Certificate as Terms
from processing.core.difference import Change, difference
from processing.core.states import CertificateState, JobState
from processing.models import Certificate
from processing.models.certificates import CertificateQuerySet, in_force


@dataclass(frozen=True)
class Mode:
    """One certificate: the version in force, and the one that is being drafted beside it."""

    valid: Certificate
    draft: Certificate | None


def modes() -> list[Mode]:
    """Every certificate, by instrument and in the order in which modes are asked; one query."""
    rows = list(Certificate.objects.defer("content"))
    valid = in_force(rows)
    drafts = {(row.instrument, row.name): row for row in rows if row.state == CertificateState.DRAFT}
    found = [Mode(row, drafts.get(key) if drafts.get(key) != row else None) for key, row in valid.items()]
    return sorted(found, key=lambda mode: (mode.valid.instrument, mode.valid.position, mode.valid.name))


def used() -> CertificateQuerySet:
    """Versions, each with its numbers of `job_count`, `waiting_count` and `product_count`."""
    waiting = Q(jobs__state=JobState.WAITING)
    return Certificate.objects.annotate(
        job_count=Count("jobs", distinct=True),
        waiting_count=Count("jobs", filter=waiting, distinct=True),
        product_count=Count("jobs__products", distinct=True),
    )


def history(instrument: str, name: str) -> list[Certificate]:
    """All versions of one certificate, the newest first; one query."""
    return list(used().versions(instrument, name))


def in_force_of(versions: Sequence[Certificate]) -> Certificate:
    """Of the versions of one certificate, the one in force."""
    return next(iter(in_force(versions).values()))


def terms(row: Certificate) -> Terms | None:
    """The content as the rules use it; None if this release of phoenix cannot read it any more."""
    try:
        return row.value
    except BadCertificate:
        return None


def changes(old: Certificate | None, new: Certificate) -> list[Change]:
    """What differs; everything, if there was nothing before."""
    return difference(old.terms if old else {}, new.terms)
