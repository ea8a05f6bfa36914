"""Processing dates: one row per instrument and DFO date, the concept paper's `sciproc_date`."""

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

from django.apps import apps
from django.db import models
from django.db.models.functions import Now

from processing.core.states import DATE_MOVES, UNFINISHED, DateState, JobState
from processing.models.composed import Composed, Given
from processing.models.instruments import Instrument
from processing.models.leases import Leased
from processing.models.moves import Moving

Counts = TypeVar("Counts")


def finished_last() -> models.Case:
    """Sorts what is open before what is finished; an index has the same words."""
    finished = models.When(state=DateState.FINISHED, then=1)
    return models.Case(finished, default=0, output_field=models.IntegerField())


def final(state: str, counts: Counts | None) -> Counts | None:
    """The number of jobs per state, if none can change any more; None: they have to be counted."""
    return counts if state == DateState.FINISHED else None


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
    counts = models.JSONField(
        null=True, blank=True, editable=False, help_text="Jobs per state when it was last finished; see `final`"
    )

    class Meta:
        ordering = ("-date", "instrument_id")
        constraints = (models.UniqueConstraint(fields=("instrument", "date"), name="one_row_per_instrument_and_date"),)
        indexes = (
            models.Index(fields=("state",), name="date_by_state"),
            models.Index(fields=("-date", "instrument"), name="date_newest"),
            models.Index(finished_last(), models.F("date").desc(), "instrument", name="date_open_then_newest"),
        )

    def __str__(self) -> str:
        return f"{self.instrument_id} {self.date.isoformat()}"

    @property
    def final(self) -> Mapping[str, int] | None:
        """See the function of this name."""
        return final(self.state, self.counts)

    def finish(self, why: str) -> bool:
        """FINISHING to FINISHED, with its jobs counted once and for all; to be called again if it is False.

        Nothing is locked: an AB that comes in while the jobs are counted changes `abs`, and then nothing happens.
        """
        self.refresh_from_db(fields=("abs",))
        counted = self.jobs.order_by().values_list("state").annotate(models.Count("id"))
        unchanged = models.Q(abs=self.abs)
        return self.move(DateState.FINISHED, why, where=unchanged, finished=Now(), counts=dict(counted))

    def close_if_done(self) -> bool:
        """PROCESSING to FINISHING if no job is unfinished; True for exactly one caller.

        The condition is part of the one UPDATE, and runs after the last job's own commit; all others learn from a
        plain question that theirs was not the last.
        """
        if ONE_UNFINISHED.ask(date=self.pk):
            return False
        self.state = DateState.PROCESSING
        return self.move(DateState.FINISHING, "no job is unfinished", where=~models.Exists(unfinished(self.pk)))


def unfinished(date: Any) -> models.QuerySet[Any]:
    """The jobs that keep a date open."""
    # A campaign that has not come to this date opens it again when it does.
    put_off = models.Q(state=JobState.WAITING, due=False)
    jobs = apps.get_model("processing", "Job")._default_manager
    return jobs.filter(~put_off, date=date, state__in=UNFINISHED)


ONE_UNFINISHED = Composed(lambda: unfinished(Given("date")).order_by().values_list("pk")[:1])
