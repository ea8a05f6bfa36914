"""Forgets the queries of archive users when their time is over, and ends those whose process is gone."""

from django.utils import timezone

from processing.core.states import QueryPhase
from processing.models import Query


def expire() -> int:
    """Delete what is over, with its answer; returns how many."""
    for query in Query.objects.filter(phase=QueryPhase.EXECUTING):
        query.lost()
    over = list(Query.objects.filter(destruction__lt=timezone.now()))
    for query in over:
        query.result.unlink(missing_ok=True)
        query.delete()
    return len(over)
