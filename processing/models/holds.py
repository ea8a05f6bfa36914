"""Holds: the surroundings of an instrument are broken, so nothing of it starts until they are mended."""

from django.db import models
from django.db.models.expressions import Combinable
from django.db.models.functions import Now

from processing.models.events import Event
from processing.models.instruments import Instrument

EVERYWHERE = ""


class HoldQuerySet(models.QuerySet["Hold"]):
    """Questions about holds."""

    def active(self) -> "HoldQuerySet":
        """Those that nobody has released."""
        return self.filter(released=None)

    def felt_on(self, host: str | Combinable) -> "HoldQuerySet":
        """The active holds that keep this host from starting anything of their instrument."""
        return self.active().filter(models.Q(host=host) | models.Q(host=EVERYWHERE))


class Hold(models.Model):
    """Broken surroundings, with the text that says what is broken."""

    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="holds")
    host = models.CharField(max_length=150, blank=True, help_text="The host whose surroundings are broken; empty: all")
    why = models.TextField()
    at = models.DateTimeField(auto_now_add=True)
    looked = models.DateTimeField(help_text="When the surroundings were last looked at")
    released = models.DateTimeField(null=True, blank=True)
    released_by = models.CharField(max_length=150, blank=True)

    objects = HoldQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("instrument", "host"), condition=models.Q(released=None), name="one_active_hold_per_host"
            ),
        )

    def __str__(self) -> str:
        return f"hold {self.pk} of {self.instrument_id}" + (f" on {self.host}" if self.host else "")

    def note(self, new: str, why: str, who: str) -> None:
        """Append an event about this hold."""
        old = "" if new == "HELD" else "HELD"
        Event.append(Event(subject="hold", subject_id=self.pk, name=str(self), old=old, new=new, why=why, who=who))

    def release(self, who: str) -> bool:
        """End the hold; False if somebody was first."""
        rows = Hold.objects.filter(pk=self.pk, released=None)
        return bool(rows.update(released=Now(), released_by=who))
