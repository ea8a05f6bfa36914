"""What is learned of the run times of an instrument's jobs."""

from django.db import models

from processing.core.prediction import Learned, learned_of
from processing.models.instruments import Instrument


class RunTimes(models.Model):
    """Of one instrument; renewed whenever a date of it is finished."""

    instrument = models.OneToOneField(Instrument, on_delete=models.CASCADE, primary_key=True, related_name="+")
    levels = models.JSONField(default=list, help_text="See rows_of in processing/core/prediction.py")
    at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"run times of {self.instrument_id}"


def learned(instrument: str) -> Learned:
    """What is known of an instrument; of a new one nothing but the prior."""
    found = RunTimes.objects.filter(pk=instrument).values_list("levels", flat=True).first()
    return learned_of(found or ())
