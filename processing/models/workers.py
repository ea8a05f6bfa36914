"""Workers: which supervisors are alive, and where."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import models
from django.db.models.functions import Now

from processing.core.roles import Role

SILENT = timedelta(seconds=60)


class WorkerQuerySet(models.QuerySet["Worker"]):
    """Questions about workers."""

    def alive(self) -> "WorkerQuerySet":
        """Those that were heard of within the last minute."""
        return self.filter(seen__gt=Now() - SILENT)

    def silent(self) -> "WorkerQuerySet":
        """Those that were not: whoever stops says so and is forgotten, so these have died."""
        return self.exclude(seen__gt=Now() - SILENT)

    def serving(self) -> frozenset[Role]:
        """The roles that somebody of these has; one query."""
        rows = self.order_by().values_list("roles", flat=True).distinct()
        return frozenset(Role(role) for roles in rows for role in roles.split(","))

    def heard(self, name: str, disks: Sequence[Mapping[str, Any]] = (), **about: Any) -> None:
        """Note a sign of life; `about` are the other columns."""
        values = {**about, "disks": [*disks], "seen": Now()}
        self.update_or_create(name=name, defaults=values, create_defaults={**values, "since": Now()})


class Worker(models.Model):
    """The supervisor of one cluster."""

    name = models.CharField(max_length=150, primary_key=True)
    host = models.CharField(max_length=150)
    slots = models.PositiveSmallIntegerField(help_text="Jobs that it runs at once")
    version = models.CharField(max_length=32)
    roles = models.CharField(max_length=64, db_default=",".join(Role), help_text="What its host works at")
    local = models.CharField(max_length=64, blank=True, db_default="", help_text="Areas that its host has to itself")
    apart = models.CharField(max_length=150, blank=True, db_default="", help_text="Who should share its work folder")
    since = models.DateTimeField()
    seen = models.DateTimeField(help_text="Last sign of life")
    disks = models.JSONField(default=list, help_text="What it last saw of its disks, as workflow.disks measures it")

    offer = models.JSONField(null=True, help_text="What its host had for jobs then, as core.limits.Offer has it")

    objects = WorkerQuerySet.as_manager()

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    @property
    def role_names(self) -> list[str]:
        """What its host works at."""
        return self.roles.split(",")

    @property
    def local_names(self) -> list[str]:
        """What its host has to itself."""
        return [name for name in self.local.split(",") if name]
