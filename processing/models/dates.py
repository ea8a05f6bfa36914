"""Processing dates: one row per instrument and DFO date, the concept paper's `sciproc_date`."""

from typing import ClassVar

from django.db import models

from processing.core.states import DATE_MOVES, UNFINISHED, DateState
from processing.models.instruments import Instrument
from processing.models.leases import Leased
from processing.models.moves import Moving


class ProcessingDate(Moving, Leased):
    """All ABs of one instrument and DFO date."""

    moves = DATE_MOVES
    subject: ClassVar[str] = "date"

    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="dates")
    date = models.DateField()
    state = models.CharField(max_length=12, choices=[(s, s) for s in DateState], default=DateState.REGISTERED)
    reason = models.TextField(blank=True, help_text="Why the date is held")
    abs = models.PositiveIntegerField(default=0, help_text="Number of registered ABs")
    registered = models.DateTimeField(auto_now_add=True)
    prepared = models.DateTimeField(null=True, blank=True)
    finished = models.DateTimeField(null=True, blank=True)
    held = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-date", "instrument_id")
        constraints = (models.UniqueConstraint(fields=("instrument", "date"), name="one_row_per_instrument_and_date"),)
        indexes = (models.Index(fields=("state",), name="date_by_state"),)

    def __str__(self) -> str:
        return f"{self.instrument_id} {self.date.isoformat()}"

    def close_if_done(self) -> bool:
        """PROCESSING to FINISHING if no job is unfinished; True for exactly one caller.

        The condition is part of the one UPDATE, and runs after the last job's own commit.
        """
        self.state = DateState.PROCESSING
        unfinished = self.jobs.model.objects.filter(date=self.pk, state__in=UNFINISHED)
        return self.move(DateState.FINISHING, "no job is unfinished", where=~models.Exists(unfinished))
