"""Notices: what somebody wants to be told of, to whom, and what became of each message."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models, transaction
from django.db.models.functions import Now

from processing.models.leases import from_now

# Only variables of this name sign messages: no other secret of the site can be named.
SECRET = re.compile(r"PHOENIX_SECRET_[A-Z0-9_]{1,48}")
LOW, ROOM = 2.0, 2.2
"""Times PHOENIX_DISK_LIMIT: a disk with less free is nearly full, until it has more than that again."""
LEASE = timedelta(minutes=2)
"""Longer than any message takes; whoever claimed it and says nothing for so long is dead."""
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 25, 120))
"""After each try that failed; there is one more try than pauses."""


class Kind(models.TextChoices):
    """What a notice tells."""

    STOPPED = "STOPPED", "an instrument or everything is stopped, and resumed"
    HELD = "HELD", "an instrument is held, and goes on"
    NO_WORKER = "NO_WORKER", "there is work and no worker, and a worker again"
    SILENT = "SILENT", "a worker is silent, and was heard of again"
    STALLED = "STALLED", "nothing moves, and it moves again"
    DISK = "DISK", "a disk is nearly full, and has room again"
    FAILURES = "FAILURES", "a kind of failure that was not there lately"
    INGESTION = "INGESTION", "products are refused by the checks or by the archive"
    KEPT = "KEPT", "the archive keeps a file that was to be withdrawn"
    DIGEST = "DIGEST", "the digest of each morning"


LASTING = frozenset({Kind.STOPPED, Kind.HELD, Kind.NO_WORKER, Kind.SILENT, Kind.STALLED, Kind.DISK})
"""These have an end that is told, too."""


class Notice(models.Model):
    """A breach: told once when it begins, and once when it is over, however many look at it."""

    kind = models.CharField(max_length=12, choices=Kind.choices)
    key = models.CharField(max_length=200, help_text="Which of its kind")
    title = models.CharField(max_length=200)
    text = models.TextField(blank=True)
    address = models.CharField(max_length=200, blank=True, help_text="The page that shows it")
    since = models.DateTimeField(auto_now_add=True)
    over = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("kind", "key"), condition=models.Q(over=None), name="one_lasting_notice_of_each_breach"
            ),
        )

    def __str__(self) -> str:
        return self.title


class Channel(models.Model):
    """Somebody who wants to be told, and of what."""

    class Way(models.TextChoices):
        """How messages get there."""

        EMAIL = "EMAIL", "e-mail"
        WEBHOOK = "WEBHOOK", "webhook: JSON by POST, signed"

    name = models.CharField(max_length=60, unique=True)
    way = models.CharField(max_length=8, choices=Way.choices)
    address = models.CharField(
        max_length=500, help_text="E-mail addresses with commas between, or the URL of a webhook"
    )
    secret = models.CharField(
        max_length=64, blank=True, help_text="Webhook: the environment variable that has its secret, PHOENIX_SECRET_…"
    )
    kinds = models.JSONField(default=list, help_text="What is told")
    enabled = models.BooleanField(default=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    @property
    def recipients(self) -> list[str]:
        """The addresses of an e-mail."""
        return [address.strip() for address in self.address.split(",") if address.strip()]

    def clean(self) -> None:
        """Addresses that can be reached, and a secret for every webhook."""
        if self.way == Channel.Way.EMAIL:
            for address in self.recipients:
                validate_email(address)
            return
        try:
            parts = urlsplit(self.address)
            usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0 and not parts.username
        except ValueError:
            usable = False
        if not usable:
            raise ValidationError(
                {"address": "A webhook is https://host/path, or http://host/path, without a password."}
            )
        if not SECRET.fullmatch(self.secret):
            raise ValidationError({"secret": "Name an environment variable PHOENIX_SECRET_…; it is not kept here."})


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    """Questions about messages, and the claim."""

    def due(self) -> "DeliveryQuerySet":
        """Those that somebody should send now."""
        return self.filter(state=Delivery.State.QUEUED, due__lte=Now(), channel__enabled=True)

    def claim(self) -> "Delivery | None":
        """Take the next one for this process; nobody else gets it before the lease has passed.  None if none is due."""
        if not self.due().exists():
            return None
        with transaction.atomic(durable=True):
            rows = self.due().select_related("channel", "notice").order_by("due", "id")
            row = rows.select_for_update(skip_locked=True, of=("self",)).first()
            taken = {"due": from_now(LEASE), "attempts": models.F("attempts") + 1}
            if row is None or not self.due().filter(pk=row.pk).update(**taken):
                return None
        row.attempts += 1
        return row


class Delivery(models.Model):
    """One message to one channel: a beginning, or an end."""

    class State(models.TextChoices):
        """Where it is."""

        QUEUED = "QUEUED", "to be sent"
        SENT = "SENT", "sent"
        FAILED = "FAILED", "given up"

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="deliveries")
    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="deliveries")
    end = models.BooleanField(default=False, help_text="Tells that it is over")
    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    due = models.DateTimeField(db_default=Now(), help_text="When somebody should send it, or send it again")
    sent = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True, help_text="Why the last try failed")

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        verbose_name_plural = "deliveries"
        constraints = (
            models.UniqueConstraint(fields=("channel", "notice", "end"), name="one_message_per_channel_and_notice"),
        )
        indexes = (models.Index(fields=("due",), condition=models.Q(state="QUEUED"), name="delivery_due"),)

    def __str__(self) -> str:
        return f"{self.notice} to {self.channel}"

    def succeeded(self) -> None:
        """Note that it was sent."""
        rows = Delivery.objects.filter(pk=self.pk, state=Delivery.State.QUEUED)
        rows.update(state=Delivery.State.SENT, sent=Now(), error="")

    def failed(self, why: str) -> None:
        """Note a try in vain: another one later, or none any more."""
        rows = Delivery.objects.filter(pk=self.pk, state=Delivery.State.QUEUED)
        if self.attempts > len(PAUSES):
            rows.update(state=Delivery.State.FAILED, error=why)
        else:
            rows.update(due=from_now(PAUSES[self.attempts - 1]), error=why)
