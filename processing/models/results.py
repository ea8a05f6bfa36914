"""What a job leaves behind in the database: scores, QC1 parameters, its log."""

import math
from pathlib import Path

from django.conf import settings
from django.db import models
from django.utils.functional import cached_property

from processing.core.scoring import Measurement
from processing.core.scoring import Score as CoreScore
from processing.models.jobs import Job
from processing.models.packed import PackedText
from processing.models.packing import Like
from processing.plugins import history

TEXTS = ("text", "command", "headers")
"""What of a log is long, and goes into a file when it is old."""


class Score(models.Model):
    """One bit of a job's score strings, with the thresholds that it was held against."""

    class Kind(models.TextChoices):
        """Which of a job's two score strings."""

        ASSOCIATION = "ASSOCIATION"
        PROCESSING = "PROCESSING"

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="scores", db_index=False)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=40)
    chip = models.CharField(max_length=8, blank=True)
    value = models.FloatField(null=True, blank=True)
    low = models.FloatField(null=True, blank=True)
    high = models.FloatField(null=True, blank=True)
    flag = models.PositiveSmallIntegerField(null=True, blank=True, help_text="0 good, 1 flagged, empty: not scored")

    class Meta:
        ordering = ("job_id", "kind", "position", "chip")
        constraints = (models.UniqueConstraint(fields=("job", "kind", "position", "chip"), name="one_score_per_bit"),)

    def __str__(self) -> str:
        return f"{self.name} {self.chip} {self.flag}"

    @classmethod
    def of(cls, job: Job, kind: Kind, score: CoreScore) -> "Score":
        """The row of a score, unsaved."""
        rule = score.rule
        row = cls(job=job, kind=kind, position=score.position, name=rule.name, chip=score.chip)
        row.low, row.high, row.flag, row.value = rule.low, rule.high, score.flag, finite(score.value)
        return row


class Qc1Parameter(models.Model):
    """A measured parameter.  What is not finite is stored as NULL with a mark: floats and JSON cannot hold it."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="qc1", db_index=False)
    name = models.CharField(max_length=40)
    chip = models.CharField(max_length=8, blank=True)
    value = models.FloatField(null=True, blank=True)
    not_finite = models.BooleanField(default=False)
    unit = models.CharField(max_length=16, blank=True)

    class Meta:
        ordering = ("job_id", "name", "chip")
        constraints = (models.UniqueConstraint(fields=("job", "name", "chip"), name="one_qc1_value_per_chip"),)

    def __str__(self) -> str:
        return f"{self.name} {self.chip} {self.value}"

    @classmethod
    def of(cls, job: Job, measured: Measurement) -> "Qc1Parameter":
        """The row of a measurement, unsaved."""
        value = finite(measured.value)
        row = cls(job=job, name=measured.name, chip=measured.chip, unit=measured.unit)
        row.value, row.not_finite = value, value is None
        return row


class JobLog(models.Model):
    """The log of a job's recipe, to its last line."""

    job = models.OneToOneField(Job, on_delete=models.CASCADE, related_name="log_text", primary_key=True)
    text = PackedText(blank=True, like=Like.LOG)
    command = PackedText(blank=True, like=Like.LOG)
    headers = PackedText(blank=True, help_text="Of a failed job: headers of its raw frames and products")
    file = models.CharField(max_length=40, blank=True, help_text="Of an old log: the file that has it instead")
    place = models.BigIntegerField(default=0, help_text="Where in that file it begins, in bytes")

    def __str__(self) -> str:
        return f"log of {self.job}"

    @property
    def gone(self) -> str:
        """A sentence for those who cannot have an old log."""
        return f"The log is archived in {self.file}, which is not among the files of old rows that this host sees."

    @cached_property
    def kept(self) -> "JobLog | None":
        """The log with its texts, from the file if it is an old one; None if that file is not here."""
        if not self.file:
            return self
        try:
            row = history.read(Path(settings.PHOENIX["HISTORY_DIR"]) / self.file, self.place)
        except OSError:
            return None
        texts = {name: str(row[name]) for name in TEXTS}
        return JobLog(job_id=self.job_id, file=self.file, **texts) if row["job"] == self.job_id else None


def finite(value: float | None) -> float | None:
    """The value if a float column can hold it."""
    return value if value is not None and math.isfinite(value) else None
