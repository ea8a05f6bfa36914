"""Instruments and their certificates."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from processing.core import certification
from processing.core.schedule import Window, read_window
from processing.core.states import CertificateState


def validate_window(value: str) -> None:
    """A Django validator for `HH:MM-HH:MM`."""
    try:
        read_window(value)
    except ValueError as error:
        raise ValidationError(str(error)) from error


class InstrumentQuerySet(models.QuerySet["Instrument"]):
    """Questions about instruments."""

    def open_at(self, now: datetime) -> list["Instrument"]:
        """Those whose window is open, so that processing may start."""
        return [instrument for instrument in self if instrument.hours.is_open(now)]


class Instrument(models.Model):
    """An instrument whose ABs have been registered, with its window."""

    name = models.CharField(max_length=16, primary_key=True)
    window = models.CharField(
        max_length=11, blank=True, validators=[validate_window], help_text="HH:MM-HH:MM UTC; empty: the site's window"
    )

    objects = InstrumentQuerySet.as_manager()

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    @property
    def hours(self) -> Window:
        """When processing may start."""
        return read_window(self.window or settings.PHOENIX["WINDOW"])


class CertificateQuerySet(models.QuerySet["Certificate"]):
    """Questions about certificates."""

    def of(self, instrument: str) -> list["Certificate"]:
        """The version in force of each of an instrument's certificates, in the order in which modes are asked.

        That is the newest; a draft is in force only where there is nothing else, so that a new version can be
        set up while the old one goes on.
        """
        newest: dict[str, Certificate] = {}
        for row in self.filter(instrument=instrument).order_by("version"):
            if row.name not in newest or row.state != CertificateState.DRAFT:
                newest[row.name] = row
        return sorted(newest.values(), key=lambda row: row.position)

    def load(self, entries: Iterable[dict[str, Any]]) -> int:
        """Add the certificates that are not there yet; known versions stay as they are.  Returns the number added."""
        added = 0
        for position, entry in enumerate(entries):
            value = certification.read_certificate(entry)
            defaults = {"position": position, "state": value.state, "recipe": value.recipe, "content": entry}
            key = {"instrument": value.instrument, "name": value.name, "version": value.version}
            added += self.get_or_create(**key, defaults=defaults)[1]
        return added


class Certificate(models.Model):
    """A version of a certificate: what EDP set up and QCG reviews for one instrument mode."""

    instrument = models.CharField(max_length=16)
    name = models.CharField(max_length=40)
    version = models.PositiveIntegerField(default=1)
    position = models.PositiveIntegerField(default=0, help_text="The order in which modes are asked")
    state = models.CharField(max_length=12, choices=[(s, s) for s in CertificateState])
    recipe = models.CharField(max_length=64, blank=True)
    content = models.JSONField()
    created = models.DateTimeField(auto_now_add=True)

    objects = CertificateQuerySet.as_manager()

    class Meta:
        ordering = ("instrument", "position", "version")
        constraints = (
            models.UniqueConstraint(fields=("instrument", "name", "version"), name="one_certificate_per_version"),
        )

    def __str__(self) -> str:
        return f"{self.instrument} {self.name} version {self.version}"

    @property
    def value(self) -> certification.Certificate:
        """The certificate as the rules use it, in its present state."""
        return certification.read_certificate({**self.content, "state": self.state})
