"""What happened: append-only, one row per change of state."""

from typing import Any, Never

from django.db import models

from processing.core.trace import current
from processing.models.appended import APPEND_ONLY, Appended
from processing.models.shaped import insert


class Event(models.Model):
    """A change: when, who or which host, what, from which state to which, why."""

    at = models.DateTimeField(auto_now_add=True)
    who = models.CharField(max_length=150)
    subject = models.CharField(max_length=20)
    subject_id = models.BigIntegerField()
    name = models.CharField(max_length=150)
    old = models.CharField(max_length=20, blank=True)
    new = models.CharField(max_length=20)
    why = models.TextField(blank=True)
    request = models.CharField(max_length=64, blank=True, default=current, editable=False, help_text="Of a client")

    objects = Appended.as_manager()

    class Meta:
        ordering = ("-id",)
        indexes = (
            # Without the number: a leaf lists the rows of one value, which are brought into order when they are read.
            models.Index(fields=("subject", "subject_id"), name="event_of_subject"),
            models.Index(fields=("at",), name="event_by_time"),
            models.Index(fields=("who",), name="event_by_person"),
        )

    def __str__(self) -> str:
        return f"{self.subject} {self.name}: {self.old or 'new'} → {self.new}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert; an event is never changed."""
        if not self._state.adding:
            raise TypeError(APPEND_ONLY)
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Never:
        """Refused: the log is append-only."""
        raise TypeError(APPEND_ONLY)

    @classmethod
    def append(cls, *rows: "Event") -> None:
        """Insert them; `objects.create` would take as long as all else of a change of state."""
        insert(rows)
