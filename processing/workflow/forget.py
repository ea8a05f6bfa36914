"""Deletes what nobody needs any more: notices that were told, what the queue notes of its tasks, sessions."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now
from django_q.models import Task

from processing.models import Delivery, Notice
from processing.models.leases import from_now

BATCH = 1000
"""Rows that go in one transaction."""


def forget(*, dry: bool) -> dict[str, int]:
    """Delete what is over; the number of rows by kind, or with `dry` how many they are."""
    found: dict[str, QuerySet[Any]] = {"sessions": Session.objects.filter(expire_date__lt=Now())}
    if days := int(settings.PHOENIX["NOTICES_KEPT"]):
        before = from_now(-timedelta(days=days))
        unsent = Delivery.objects.filter(notice=OuterRef("pk"), state=Delivery.State.QUEUED)
        found["notices"] = Notice.objects.filter(~Exists(unsent), over__lt=before)
        found["tasks"] = Task.objects.filter(stopped__lt=before)
    return {name: rows.count() if dry else deleted(rows) for name, rows in found.items()}


def deleted(rows: QuerySet[Any]) -> int:
    """Delete rows, with what hangs on them, a batch at a time; how many they were."""
    number = 0
    while some := list(rows.order_by().values_list("pk", flat=True)[:BATCH]):
        rows.model._default_manager.filter(pk__in=some).delete()
        number += len(some)
    return number
