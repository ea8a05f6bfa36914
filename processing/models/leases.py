"""Leases: who does a piece of work, and until when that is believed; all on the database's clock."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from processing.models.shaped import update


def from_now(span: timedelta) -> models.Expression:
    """That long after now, or before: what hosts compare with each other is all of one clock."""
    return models.ExpressionWrapper(Now() + span, models.DateTimeField())


def lease_end() -> models.Expression:
    """Now, plus the length of a lease."""
    return from_now(timedelta(seconds=settings.PHOENIX["LEASE"]))


class Leased(models.Model):
    """A row that one process at a time works on."""

    owner = models.CharField(max_length=150, blank=True, help_text="host:boot:pid:start of the worker process")
    lease = models.DateTimeField(null=True, blank=True, help_text="When this has passed, the worker is taken for dead")

    class Meta:
        abstract = True

    def renew(self, **still: Any) -> bool:
        """Lengthen the lease if the row is still this owner's, and still as `still` says."""
        return bool(update(type(self), models.Q(pk=self.pk, owner=self.owner, **still), {"lease": lease_end()}))


# The condition that nobody works on a row any more.
UNLEASED = models.Q(lease=None) | models.Q(lease__lt=Now())
EXPIRED = models.Q(lease__lt=Now())
