"""Holds as pages and API show them: where, since when, why, and when phoenix looks again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from processing.models import Hold
from processing.models.holds import EVERYWHERE


@dataclass(frozen=True)
class Held:
    """A hold that lasts."""

    hold: Hold

    @property
    def everywhere(self) -> bool:
        """True if it keeps every host from starting anything of the instrument."""
        return self.hold.host == EVERYWHERE

    @property
    def next_look(self) -> datetime:
        """When a worker of the host looks whether the surroundings are mended; past while none is there to look."""
        return self.hold.looked + timedelta(seconds=settings.PHOENIX["PROBE"])


def by_instrument() -> Mapping[str, Sequence[Held]]:
    """The holds that last, those of all hosts first; one query."""
    found: dict[str, list[Held]] = {}
    for row in Hold.objects.all().active().order_by("host"):
        found.setdefault(row.instrument_id, []).append(Held(row))
    return found
