"""What a database needs before its first AB; every step is safe to repeat."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django_q.models import Schedule

from processing.models import Certificate
from processing.models.campaigns import day_to_day

CERTIFICATES = Path(__file__).parent.parent / "certificates"


def install(**_signal: Any) -> None:
    """The day-to-day stream, the certificates as shipped, the sweep every minute."""
    day_to_day()
    for file in sorted(CERTIFICATES.glob("*.toml")):
        Certificate.objects.load(entries(file))
    schedule = {"func": "processing.tasks.sweep", "schedule_type": Schedule.MINUTES, "minutes": 1}
    Schedule.objects.get_or_create(name="sweep", defaults=schedule)


def entries(file: Path) -> Iterator[dict[str, Any]]:
    """The certificates of a file, each with what its `[common]` table says."""
    data = tomllib.loads(file.read_text())
    for certificate in data["certificate"]:
        yield {**data.get("common", {}), **certificate}
