"""What a database needs before its first AB; every step is safe to repeat."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.db import transaction
from django_q.models import Schedule

from processing.core.toml import read_entries
from processing.models import Campaign, Certificate
from processing.models.campaigns import day_to_day
from processing.version import VERSION

CERTIFICATES = Path(__file__).parent.parent / "certificates"


def install(**_signal: Any) -> None:
    """The day-to-day stream, the certificates as shipped, the sweep every minute."""
    stream = day_to_day()
    with transaction.atomic():
        # One installation at a time: nothing in the database keeps a schedule from having the name of another.
        Campaign.objects.select_for_update().get(pk=stream.pk)
        for file in sorted(CERTIFICATES.glob("*.toml")):
            Certificate.objects.load(entries(file), f"phoenix {VERSION}")
        schedule_sweep()


def schedule_sweep() -> None:
    """Every minute, by one schedule; further ones go."""
    sweeps = Schedule.objects.filter(name="sweep").order_by("pk")
    first = sweeps.first()
    if first:
        sweeps.filter(pk__gt=first.pk).delete()
    else:
        Schedule.objects.create(name="sweep", func="processing.tasks.sweep", schedule_type=Schedule.MINUTES, minutes=1)


def entries(file: Path) -> Iterator[dict[str, Any]]:
    """The certificates of a file, each with what its `[common]` table says."""
    yield from read_entries(file.read_text())
