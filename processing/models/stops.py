"""Stops: an administrator's word that nothing new may start, for one instrument or for all."""

from django.db import models
from django.db.models.expressions import Combinable
from django.db.models.functions import Now

from processing.models.events import Event
from processing.models.instruments import Instrument

ALL = ""


class StopQuerySet(models.QuerySet["Stop"]):
    """Questions about stops."""

    def active(self) -> "StopQuerySet":
        """Those that nobody has resumed."""
        return self.filter(resumed=None)

    def of(self, instrument: Instrument | str | Combinable) -> "StopQuerySet":
        """The active stops that concern an instrument: its own, and those of all instruments."""
        scope = instrument.pk if isinstance(instrument, Instrument) else instrument
        return self.active().filter(models.Q(scope=ALL) | models.Q(scope=scope))


class Stop(models.Model):
    """While it lasts nothing starts; a stop of all instruments stands beside those of single ones."""

    class Mode(models.TextChoices):
        """What happens to jobs that run."""

        DRAIN = "DRAIN", "let them end"
        TERMINATE = "TERMINATE", "end them; they are STOPPED"

    scope = models.CharField(max_length=16, blank=True, help_text="An instrument; empty: all of them")
    mode = models.CharField(max_length=10, choices=Mode.choices, default=Mode.DRAIN)
    reason = models.TextField()
    at = models.DateTimeField(auto_now_add=True)
    who = models.CharField(max_length=150)
    resumed = models.DateTimeField(null=True, blank=True)
    resumed_by = models.CharField(max_length=150, blank=True)

    objects = StopQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("scope",), condition=models.Q(resumed=None), name="one_active_stop_of_each_scope"
            ),
        )

    def __str__(self) -> str:
        return f"stop {self.pk} of {self.scope or 'all instruments'}"

    def note(self, new: str, why: str, who: str) -> None:
        """Append an event about this stop."""
        old = "" if new == "STOPPED" else "STOPPED"
        Event.append(Event(subject="stop", subject_id=self.pk, name=str(self), old=old, new=new, why=why, who=who))

    def resume(self, who: str) -> bool:
        """End the stop; False if somebody was first."""
        rows = Stop.objects.filter(pk=self.pk, resumed=None)
        return bool(rows.update(resumed=Now(), resumed_by=who))
