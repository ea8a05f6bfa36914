"""Instruments and when they are processed."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple, Self

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


class Open(NamedTuple):
    """An instrument whose window is open, as a query asks for its jobs; each part a value, or a place for it."""

    instrument: Any
    left: Any
    """Seconds until its window closes; None if it never does."""
    length: Any
    """Seconds in all, if a job may start that is too long for any window; else None."""

    @classmethod
    def now(cls, instrument: Instrument, now: datetime) -> Self:
        """That of an instrument at a moment."""
        return cls(instrument.pk, *span(instrument.hours, now))

    @property
    def holds(self) -> models.Q:
        """The condition on jobs that they are of the instrument, and done before its window closes."""
        return models.Q(done_in(self.left, self.length), date__instrument__name=self.instrument)


def in_time(opened: Iterable[Open]) -> models.Q:
    """The condition on jobs that one of these windows holds them."""
    found = models.Q(pk__in=[])
    for each in opened:
        found |= each.holds
    return found


def held(window: Window, now: datetime) -> models.Q:
    """The condition on jobs that a window which is open holds them."""
    return done_in(*span(window, now))


def span(window: Window, now: datetime) -> tuple[float | None, float | None]:
    """What is left of an open window, and its length, if that matters; see `Open`."""
    if window.always:
        return None, None
    remaining = closing(window, now)
    return remaining.left, remaining.length if remaining.takes_the_longest else None


def done_in(left: Any, length: Any) -> models.Q:
    """The condition on jobs that `processing.core.turn.Closing.holds` them."""
    if left is None:
        return models.Q()
    done = models.Q(late_seconds__lte=left)
    return done if length is None else done | models.Q(late_seconds__gt=length)
