"""Notices: begins and ends them as things change, each once, and queues what the channels want to hear."""

import logging
from collections.abc import Mapping

from django.db import DatabaseError, IntegrityError, transaction
from django.db.models.functions import Now

from processing.models import Channel, Delivery, Notice
from processing.models.notices import LASTING, Kind
from processing.workflow.breaches import Breach, breaches

logger = logging.getLogger(__name__)

LONGEST = 200


def notify() -> int:
    """Hold what is the case against what was told; the number of changes.  Safe for any number at once.

    A sweep must not end here: whatever goes wrong is in the log, and is tried again by the next one.
    """
    try:
        return look()
    except DatabaseError:
        logger.exception("notices")
        return 0


def look() -> int:
    """As `notify`, but raises."""
    lasting = {(row.kind, row.key): row for row in Notice.objects.filter(over=None)}
    now = {(str(breach.kind), breach.key[:LONGEST]): breach for breach in breaches(lasting.keys())}
    begun = sum(begin(key, breach) for key, breach in now.items() if key not in lasting)
    return begun + sum(end(row) for key, row in lasting.items() if key not in now)


def begin(key: tuple[str, str], breach: Breach) -> bool:
    """A new notice and its messages; False if somebody was first."""
    title = " ".join(breach.title.split())[:LONGEST]
    about = {"title": title, "text": breach.text, "address": breach.address}
    try:
        with transaction.atomic():
            row = Notice.objects.create(kind=key[0], key=key[1], **about)
            queue(row, end=False)
    except IntegrityError:
        return False
    return True


def end(row: Notice) -> bool:
    """The notice is over, and of what lasts that is told; False if somebody was first."""
    with transaction.atomic():
        if not Notice.objects.filter(pk=row.pk, over=None).update(over=Now()):
            return False
        if row.kind in LASTING:
            queue(row, end=True)
    return True


def queue(row: Notice, *, end: bool) -> None:
    """A message to each channel that wants this kind."""
    wanted = [channel for channel in Channel.objects.filter(enabled=True) if row.kind in channel.kinds]
    Delivery.objects.bulk_create(Delivery(channel=channel, notice=row, end=end) for channel in wanted)


ENDS: Mapping[str, str] = {
    Kind.STOPPED: "resumed",
    Kind.HELD: "goes on",
    Kind.NO_WORKER: "a worker is alive again",
    Kind.SILENT: "heard of again, or gone",
    Kind.STALLED: "it moves again",
    Kind.DISK: "there is room again",
}


def headline(delivery: Delivery) -> str:
    """The one line of a message."""
    title = delivery.notice.title
    return f"{title}: {ENDS.get(delivery.notice.kind, 'over')}" if delivery.end else title
