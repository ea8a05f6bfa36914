"""Instruments and when they are processed."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from processing.core.schedule import Window, read_window
from processing.core.turn import closing


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

    most_jobs = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="The most that run at once on all hosts; empty: no limit"
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


def in_time(instruments: Iterable[Instrument], now: datetime) -> models.Q:
    """The condition on jobs of these instruments that they are done before their window closes.

    As `processing.core.turn.Closing.holds` has it.
    """
    same: dict[Window, list[Instrument]] = defaultdict(list)
    for instrument in instruments:
        same[instrument.hours].append(instrument)
    found = models.Q(pk__in=[])
    for window, sharing in same.items():
        found |= models.Q(held(window, now), date__instrument__in=sharing)
    return found


def held(window: Window, now: datetime) -> models.Q:
    """The condition on jobs that a window which is open holds them."""
    if window.always:
        return models.Q()
    remaining = closing(window, now)
    done = models.Q(late_seconds__lte=remaining.left)
    return done | models.Q(late_seconds__gt=remaining.length) if remaining.takes_the_longest else done
