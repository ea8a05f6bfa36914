"""Workers: which supervisors are alive, and where."""

from datetime import timedelta

from django.db import models
from django.db.models.functions import Now

SILENT = timedelta(seconds=60)


class WorkerQuerySet(models.QuerySet["Worker"]):
    """Questions about workers."""

    def alive(self) -> "WorkerQuerySet":
        """Those that were heard of within the last minute."""
        return self.filter(seen__gt=Now() - SILENT)

    def heard(self, name: str, host: str, slots: int, version: str) -> None:
        """Note a sign of life."""
        values = {"host": host, "slots": slots, "version": version, "seen": Now()}
        self.update_or_create(name=name, defaults=values, create_defaults={**values, "since": Now()})


class Worker(models.Model):
    """The supervisor of one cluster."""

    name = models.CharField(max_length=150, primary_key=True)
    host = models.CharField(max_length=150)
    slots = models.PositiveSmallIntegerField(help_text="Jobs that it runs at once")
    version = models.CharField(max_length=32)
    since = models.DateTimeField()
    seen = models.DateTimeField(help_text="Last sign of life")

    objects = WorkerQuerySet.as_manager()

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
