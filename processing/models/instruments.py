"""Instruments and when they are processed."""

from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from processing.core.schedule import Window, read_window


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
