"""Delivers what is queued for the channels: each message once, a bounded number of tries, what came of it recorded."""

import logging
import os
import smtplib
import threading
import time
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import Error, connection
from django.utils import timezone

from processing.models import Channel, Delivery
from processing.models.notices import SECRET, Kind, Notice
from processing.plugins.webhook import NotTaken, post
from processing.workflow.notify import headline

logger = logging.getLogger(__name__)

BUDGET = 60.0
"""Seconds after which no other message is begun: a dead server must not keep a worker for long."""


def deliver() -> int:
    """Send what is due; the number of messages that went out.  Safe for any number at once."""
    end, sent = time.monotonic() + BUDGET, 0
    while time.monotonic() < end and (delivery := Delivery.objects.claim()):
        sent += one(delivery)
    return sent


def one(delivery: Delivery) -> bool:
    """Send a claimed message, and note what came of it."""
    try:
        send(delivery)
    except (NotTaken, OSError, smtplib.SMTPException, ValueError) as error:
        why = f"{type(error).__name__}: {error}" if not isinstance(error, NotTaken) else str(error)
        logger.warning("%s: %s", delivery, why)
        delivery.failed(why[:1000])
        return False
    delivery.succeeded()
    return True


def send(delivery: Delivery) -> None:
    """To wherever the channel leads; raises what went wrong."""
    channel = delivery.channel
    if channel.way == Channel.Way.EMAIL:
        EmailMessage(f"[phoenix] {headline(delivery)}", letter(delivery), to=channel.recipients).send()
    else:
        post(channel.address, message(delivery), secret_of(channel))


def secret_of(channel: Channel) -> str:
    """The secret of a webhook, from the environment; `NotTaken` without one: nothing goes out unsigned."""
    secret = os.environ.get(channel.secret, "") if SECRET.fullmatch(channel.secret) else ""
    if not secret:
        raise NotTaken(f"the environment of this worker has no {channel.secret or 'secret'}")
    return secret


def letter(delivery: Delivery) -> str:
    """The text of an e-mail."""
    notice = delivery.notice
    over = f"Over at {notice.over:%Y-%m-%d %H:%M:%S} UTC.\n" if delivery.end and notice.over else ""
    since = f"Since {notice.since:%Y-%m-%d %H:%M:%S} UTC.\n"
    page = f"\n{settings.PHOENIX['URL']}{notice.address}\n" if settings.PHOENIX["URL"] else ""
    return f"{notice.text}\n\n{since}{over}{page}"


def message(delivery: Delivery) -> dict[str, Any]:
    """The body of a webhook; `id` is the same for every try of one message."""
    notice = delivery.notice
    return {
        "id": delivery.pk,
        "kind": notice.kind,
        "state": "OVER" if delivery.end else "BEGUN",
        "title": headline(delivery),
        "text": notice.text,
        "since": notice.since.isoformat(),
        "over": notice.over.isoformat() if delivery.end and notice.over else None,
        "url": f"{settings.PHOENIX['URL']}{notice.address}" if settings.PHOENIX["URL"] else None,
    }


def send_test(channel: Channel) -> str:
    """Send a test message at once; what went wrong, or nothing."""
    notice = Notice(kind=Kind.DIGEST, title=f"test of {channel}", text="It works.", since=timezone.now(), address="/")
    try:
        send(Delivery(channel=channel, notice=notice))
    except (NotTaken, OSError, smtplib.SMTPException, ValueError) as error:
        return str(error) or type(error).__name__
    return ""


class Courier:
    """Delivers in a thread beside the work: a server that does not answer must not keep a supervisor waiting."""

    def __init__(self) -> None:
        self.thread: threading.Thread | None = None

    def go(self) -> None:
        """Begin, unless it is under way."""
        if self.thread is None or not self.thread.is_alive():
            self.thread = threading.Thread(target=self.work, name="courier", daemon=True)
            self.thread.start()

    def work(self) -> None:
        """Send what is due, on a connection of this thread."""
        try:
            deliver()
        except Error as error:
            logger.warning("messages are not delivered: %s", error)
        finally:
            connection.close()
