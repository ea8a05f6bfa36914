"""Certificates: versions of what EDP drafts and QCG reviews, frozen from their certification on."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, astuple
from datetime import datetime
from functools import lru_cache
from typing import Any, ClassVar, Never

from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from processing.core import certification
from processing.core.limits import Need
from processing.core.states import CERTIFICATE_MOVES, CertificateState
from processing.models.moves import Moving

FROZEN = "a certificate is changed by `replace()` while it is a draft, and by `move()`"
# What a version is; the other columns say what happened to it.
TERMS = frozenset({"instrument", "name", "version", "recipe", "content", "cores", "memory"})
DRAFT = CertificateState.DRAFT


def in_force(rows: Iterable["Certificate"]) -> dict[tuple[str, str], "Certificate"]:
    """The version in force of each certificate, by instrument and name.

    That is the newest; a draft is in force only where there is nothing else, so that a new version can be set up
    while the old one goes on.
    """
    newest: dict[tuple[str, str], Certificate] = {}
    for row in sorted(rows, key=lambda row: row.version):
        key = (row.instrument, row.name)
        if key not in newest or row.state != DRAFT:
            newest[key] = row
    return newest


class CertificateQuerySet(models.QuerySet["Certificate"]):
    """Questions about certificates, and the one way their content changes."""

    def of(self, instrument: str) -> list["Certificate"]:
        """The versions in force of an instrument's certificates, in the order in which modes are asked."""
        return sorted(in_force(self.filter(instrument=instrument)).values(), key=lambda row: row.position)

    def versions(self, instrument: str, name: str) -> "CertificateQuerySet":
        """All versions of one certificate, the newest first."""
        return self.filter(instrument=instrument, name=name).order_by("-version")

    def load(self, entries: Iterable[dict[str, Any]], who: str = "phoenix") -> int:
        """Add the certificates that are not there yet; known versions stay as they are.  Returns the number added."""
        added = 0
        for position, entry in enumerate(entries):
            value = certification.read_certificate(entry)
            defaults = {"position": position, "state": value.state, "recipe": value.recipe, "content": entry}
            defaults |= {"author": who, "editors": [who]}
            if value.state == CertificateState.CERTIFIED:
                defaults |= {"certified": timezone.now(), "certified_by": who, "review": "as shipped"}
            key = {"instrument": value.instrument, "name": value.name, "version": value.version}
            added += self.get_or_create(**key, defaults=defaults)[1]
        return added

    def replace(self, row: "Certificate", content: Mapping[str, Any], recipe: str, who: str) -> bool:
        """Give a draft other content, and remember who did; False if it has changed since `row` was read."""
        editors = row.editors if who in row.editors else [*row.editors, who]
        rows = self.filter(pk=row.pk, state=DRAFT, revision=row.revision)
        values = {"content": dict(content), "recipe": recipe, "editors": editors, "revision": row.revision + 1}
        values |= asdict(certification.need(content))
        return bool(models.QuerySet.update(rows, edited=Now(), **values))

    def update(self, **values: Any) -> int:
        """As ever, but for what a version is: that is frozen."""
        if TERMS & set(values):
            raise TypeError(FROZEN)
        return super().update(**values)

    def delete(self) -> Never:
        """Refused: jobs and products name their version for ever."""
        raise TypeError(FROZEN)


@lru_cache(maxsize=256)
def read(content: str) -> certification.Certificate:
    """A certificate from JSON; kept, since thousands of jobs ask for the same few."""
    return certification.read_certificate(json.loads(content))


class Certificate(Moving):
    """A version of a certificate: what EDP set up and QCG reviews for one instrument mode."""

    moves = CERTIFICATE_MOVES
    subject: ClassVar[str] = "certificate"

    instrument = models.CharField(max_length=16)
    name = models.CharField(max_length=40)
    version = models.PositiveIntegerField(default=1)
    position = models.PositiveIntegerField(default=0, help_text="The order in which modes are asked")
    state = models.CharField(max_length=12, choices=[(s, s) for s in CertificateState])
    recipe = models.CharField(max_length=64, blank=True)
    content = models.JSONField()
    # From the content, for the claim to ask.
    cores = models.PositiveSmallIntegerField(default=1, editable=False, help_text="Those of its host that a job takes")
    memory = models.FloatField(default=0.0, editable=False, help_text="GB of its host that a job takes")
    created = models.DateTimeField(auto_now_add=True)
    author = models.CharField(max_length=150, blank=True, help_text="Who drafted it")
    edited = models.DateTimeField(null=True, blank=True, help_text="When the draft was last changed")
    editors = models.JSONField(
        default=list, help_text="Author and all who changed the draft: none of them certifies it"
    )
    revision = models.PositiveIntegerField(default=1, help_text="Counts the changes of the draft")
    certified = models.DateTimeField(null=True, blank=True)
    certified_by = models.CharField(max_length=150, blank=True)
    review = models.TextField(blank=True, help_text="What the reviewer noted")
    closed = models.DateTimeField(null=True, blank=True, help_text="When it was suspended or withdrawn")
    closed_by = models.CharField(max_length=150, blank=True)
    closed_why = models.TextField(blank=True)

    objects = CertificateQuerySet.as_manager()

    class Meta:
        ordering = ("instrument", "position", "version")
        constraints = (
            models.UniqueConstraint(fields=("instrument", "name", "version"), name="one_certificate_per_version"),
        )
        permissions = (
            ("draft_certificate", "May draft certificates (EDP)"),
            ("certify_certificate", "May certify, suspend and withdraw certificates (QCG)"),
        )

    def __str__(self) -> str:
        return f"{self.instrument} {self.name} version {self.version}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert; an existing version is not saved over."""
        if not self._state.adding:
            raise TypeError(FROZEN)
        self.cores, self.memory = astuple(certification.need(self.content))
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Never:
        """Refused: jobs and products name their version for ever."""
        raise TypeError(FROZEN)

    @property
    def value(self) -> certification.Certificate:
        """The certificate as the rules use it, in its present state."""
        return read(json.dumps({**self.content, "version": self.version, "state": self.state}))

    @property
    def need(self) -> Need:
        """What a job takes of its host."""
        return Need(self.cores, self.memory)

    @property
    def terms(self) -> dict[str, Any]:
        """The content without what phoenix itself keeps count of."""
        return {key: value for key, value in self.content.items() if key not in {"state", "version"}}

    @property
    def since(self) -> datetime:
        """When it came into its state; a draft, when it was last changed."""
        times = {DRAFT: self.edited, CertificateState.CERTIFIED: self.certified}
        return times.get(CertificateState(self.state), self.closed) or self.created

    @property
    def by(self) -> str:
        """Who brought it into its state."""
        people = {DRAFT: self.editors[-1] if self.editors else "", CertificateState.CERTIFIED: self.certified_by}
        return people.get(CertificateState(self.state), self.closed_by) or self.author

    @property
    def edition(self) -> str:
        """Version and revision: changes with every change of what is being drafted."""
        return f"{self.version}.{self.revision}"

    def newer(self) -> "Certificate | None":
        """The newest reviewed version after this one, which has replaced it."""
        reviewed = Certificate.objects.versions(self.instrument, self.name).exclude(state=DRAFT)
        return reviewed.filter(version__gt=self.version).first()
