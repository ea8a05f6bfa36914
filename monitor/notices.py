"""Notices as a page shows them: what was told lately, and what did not get through."""

from django.db.models import Count, Q, QuerySet

from processing.models import Delivery, Notice

FAILED = Delivery.State.FAILED


def latest(number: int) -> QuerySet[Notice]:
    """The newest notices, with the numbers of messages that were `sent` and that are `open`; one query."""
    states = Delivery.State
    # With sums, Django leaves out the order that the model has.
    return Notice.objects.order_by("-id").annotate(
        sent=Count("deliveries", filter=Q(deliveries__state=states.SENT)),
        open=Count("deliveries", filter=Q(deliveries__state=states.QUEUED)),
        lost=Count("deliveries", filter=Q(deliveries__state=states.FAILED)),
    )[:number]


def failed() -> Delivery | None:
    """The newest message that was given up; one query."""
    return Delivery.objects.filter(state=FAILED).select_related("channel", "notice").first()
