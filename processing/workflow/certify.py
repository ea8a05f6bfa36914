"""The life of a certificate: EDP drafts, QCG certifies, suspends and withdraws; four eyes see every version."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max, Q
from django.db.models.functions import Now

from processing.core.certification import BadCertificate, read_certificate
from processing.core.difference import difference
from processing.core.errors import ReviewRefused
from processing.core.shape import Fault
from processing.core.states import CertificateState, NotAllowed
from processing.models import Certificate
from processing.workflow.rebind import rebind

# What can stand in addresses and columns.
NAMES = {
    "instrument": re.compile(r"[A-Z][A-Z0-9_]{1,15}"),
    "name": re.compile(r"[A-Z0-9][A-Z0-9_-]{0,39}"),
    "recipe": re.compile(r"[A-Za-z0-9_.-]{0,64}"),
}


class Result(StrEnum):
    """What became of a draft."""

    NEW = "NEW"
    CHANGED = "CHANGED"
    UNCHANGED = "UNCHANGED"


@dataclass(frozen=True)
class Drafted:
    """A version, and whether it is new, another content of an open draft, or just what was there before."""

    row: Certificate
    result: Result


def readable(content: Mapping[str, Any]) -> dict[str, Any]:
    """The content without state and version, which phoenix counts itself; raises `BadCertificate` key by key."""
    terms = {key: value for key, value in content.items() if key not in {"state", "version"}}
    value = read_certificate({**terms, "version": 1, "state": CertificateState.DRAFT})
    wrong = [
        Fault(key, f"must be of the form {pattern.pattern}")
        for key, pattern in NAMES.items()
        if not pattern.fullmatch(getattr(value, key))
    ]
    if wrong:
        raise BadCertificate(f"certificate {value.instrument} {value.name}: {'; '.join(map(str, wrong))}", wrong)
    return terms


def draft(content: Mapping[str, Any], who: str, base: str = "") -> Drafted:
    """Set up the next version, or change the one that is being drafted: there is one draft at a time.

    `base` is the `edition` that the writer started from; if it is given, a draft that somebody else has changed
    since is not overwritten.  Raises `BadCertificate` for content that cannot be read, `ReviewRefused` otherwise.
    """
    terms = readable(content)
    newest = Certificate.objects.versions(terms["instrument"], terms["name"]).first()
    if newest and base and newest.edition != base:
        raise ReviewRefused(f"{newest} was changed by {newest.by} in the meantime; what you sent is not kept")
    if newest and not difference(newest.terms, terms):
        return Drafted(newest, Result.UNCHANGED)
    if newest and newest.state == CertificateState.DRAFT:
        return Drafted(changed(newest, terms, who), Result.CHANGED)
    return Drafted(created(newest, terms, who), Result.NEW)


def draft_all(contents: Sequence[Mapping[str, Any]], who: str) -> list[Drafted]:
    """Draft several, all or none; raises as `draft`."""
    for content in contents:
        readable(content)
    with transaction.atomic():
        return [draft(content, who) for content in contents]


def created(newest: Certificate | None, terms: dict[str, Any], who: str) -> Certificate:
    """The next version, as a draft; a new mode is asked after all others of its instrument."""
    others = Certificate.objects.filter(instrument=terms["instrument"]).aggregate(Max("position", default=-1))
    values = {
        "instrument": terms["instrument"],
        "name": terms["name"],
        "version": newest.version + 1 if newest else 1,
        "position": newest.position if newest else others["position__max"] + 1,
    }
    try:
        with transaction.atomic():
            row = Certificate.objects.create(
                **values,
                state=CertificateState.DRAFT,
                recipe=terms.get("recipe", ""),
                content=terms,
                author=who,
                editors=[who],
            )
            row.actor = who
            row.note("", row.state, f"differs in {paths(newest.terms, terms)}" if newest else "a new mode")
    except IntegrityError as error:
        raise ReviewRefused("somebody else has just drafted this version; look at it first") from error
    return row


def changed(row: Certificate, terms: dict[str, Any], who: str) -> Certificate:
    """The draft with other content."""
    with transaction.atomic():
        if not Certificate.objects.replace(row, terms, terms.get("recipe", ""), who):
            raise ReviewRefused(f"{row} was changed in the meantime; what you sent is not kept")
        row.actor = who
        row.note(row.state, row.state, f"changed in {paths(row.terms, terms)}")
    return row.fresh()


def paths(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """Where two contents differ, in a few words."""
    return ", ".join(change.path for change in difference(old, new))[:1000]


def certify(row: Certificate, who: str, note: str, revision: int | None = None) -> int:
    """Put a version in force: a draft, or one that was suspended.  Returns how many waiting jobs were judged anew.

    `revision` is the one that the reviewer has read.  Raises `ReviewRefused`.
    """
    explained(note, "a certification needs a note on what was reviewed")
    if who in row.editors:
        raise ReviewRefused(f"four eyes: {who} has drafted {row}, so somebody else certifies it")
    if replaced := row.newer():
        raise ReviewRefused(f"{row} is replaced by version {replaced.version}, which is {replaced.state}")
    if revision is not None and revision != row.revision:
        raise ReviewRefused(f"{row} is at revision {row.revision} by {row.by}, and revision {revision} was reviewed")
    try:
        readable(row.content)
    except BadCertificate as bad:
        raise ReviewRefused(str(bad)) from bad
    gone = {"closed": None, "closed_by": "", "closed_why": ""}
    move(row, CertificateState.CERTIFIED, (note, who), certified=Now(), certified_by=who, review=note.strip(), **gone)
    return rebind()


def suspend(row: Certificate, who: str, reason: str) -> None:
    """From now on nothing starts under this version, until it is certified again or replaced."""
    close(row, CertificateState.SUSPENDED, who, reason)


def withdraw(row: Certificate, who: str, reason: str) -> int:
    """End a version for good.  Returns how many jobs that waited for it were judged anew: they are REJECTED."""
    close(row, CertificateState.WITHDRAWN, who, reason)
    return rebind()


def close(row: Certificate, state: CertificateState, who: str, reason: str) -> None:
    """Take a version out of force."""
    explained(reason, "a reason is needed: whoever waits will read it")
    move(row, state, (reason, who), closed=Now(), closed_by=who, closed_why=reason.strip())


def move(row: Certificate, new: CertificateState, said: tuple[str, str], **changes: Any) -> None:
    """The move with its event, of the very revision that `row` has; raises `ReviewRefused` where there is none."""
    why, row.actor = said
    try:
        moved = row.move(new, why.strip(), Q(revision=row.revision), **changes)
    except NotAllowed as error:
        raise ReviewRefused(f"{row} is {row.state}, and cannot become {new}") from error
    if not moved:
        raise ReviewRefused(f"{row} was changed by somebody else in the meantime; look at it again")
    row.refresh_from_db()


def explained(text: str, otherwise: str) -> None:
    """Refuse what is done without a word, or with one that cannot be kept."""
    if not text.strip() or "\0" in text:
        raise ReviewRefused(otherwise)
