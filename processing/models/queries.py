"""Queries of the archive's users that run by themselves (UWS jobs): what was asked, and what became of it."""

import uuid
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from processing.core.states import QueryPhase

KEPT = timedelta(days=7)
"""How long a query and its answer are kept at most."""
GRACE = timedelta(seconds=30)
"""How long after its limit a query that says nothing is taken for lost."""
OPEN = (QueryPhase.PENDING, QueryPhase.QUEUED, QueryPhase.EXECUTING)


def week_from_now() -> datetime:
    """The latest time of destruction."""
    return timezone.now() + KEPT


class Query(models.Model):
    """One query; who knows its id may see and change it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    phase = models.CharField(max_length=9, choices=[(p, p) for p in QueryPhase], default=QueryPhase.PENDING)
    parameters = models.JSONField(default=dict, help_text="As given, names in capitals")
    run_id = models.CharField(max_length=64, blank=True, help_text="The client's own name for it")
    address = models.TextField(help_text="Of this server, as the client wrote it")
    seconds = models.PositiveIntegerField(help_text="How long it may run")
    created = models.DateTimeField(auto_now_add=True)
    started = models.DateTimeField(null=True)
    ended = models.DateTimeField(null=True)
    destruction = models.DateTimeField(default=week_from_now, db_index=True)
    error = models.TextField(blank=True)

    def __str__(self) -> str:
        return str(self.id)

    @property
    def result(self) -> Path:
        """Where its answer is."""
        return Path(settings.PHOENIX["WORK_DIR"]) / "queries" / str(self.id)

    def go(self, phase: QueryPhase, *since: QueryPhase, **changes: object) -> bool:
        """Take it from one of these phases to another, for exactly one caller; the row here is then as it is there."""
        taken = Query.objects.filter(pk=self.pk, phase__in=since).update(phase=phase, **changes)
        if taken:
            self.refresh_from_db()
        return bool(taken)

    def end(self, phase: QueryPhase, error: str = "") -> bool:
        """To its end, unless it has come to another."""
        return self.go(phase, *OPEN, error=error, ended=Now())

    def lost(self) -> bool:
        """End it if the process that ran it must be gone; True if that was so."""
        limit = timedelta(seconds=self.seconds) + GRACE
        if self.phase != QueryPhase.EXECUTING or self.started is None or self.started + limit > timezone.now():
            return False
        return self.end(QueryPhase.ERROR, "The server was restarted while the query ran; please ask again")
