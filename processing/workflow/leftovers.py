"""Cleans up on a host with folders of its own: dates are ended by some host, which sees its own files only."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path

from django.conf import settings

from processing.core.roles import Area
from processing.core.states import DateState
from processing.models import ProcessingDate
from processing.workflow.finish import clean


class Leftovers:
    """What dates that have ended have left here; each end is looked at once, as long as this process lives."""

    def __init__(self) -> None:
        self.seen: set[tuple[int, datetime | None]] = set()

    def clear(self) -> int:
        """Delete it; the number of dates looked at.  One query while nothing ends, none if hosts share all folders."""
        there = set(days())
        if not there:
            return 0
        ended = ProcessingDate.objects.filter(date__in=there, state=DateState.FINISHED)
        new = [date for date in ended if (date.pk, date.finished) not in self.seen]
        for one in new:
            clean(one)
            self.seen.add((one.pk, one.finished))
        return len(new)


def days() -> Iterator[date]:
    """The dates of which this host has files that no other host sees."""
    local, roots = settings.PHOENIX["LOCAL"], list[Path]()
    if Area.CALIBRATIONS in local:
        roots.append(Path(settings.PHOENIX["CAL_DIR"]))
    if Area.WORK in local:
        roots.extend((Path(settings.PHOENIX["WORK_DIR"]) / "products").glob("*"))
    for root in roots:
        for folder in root.glob("*-*-*"):
            with suppress(ValueError):
                yield date.fromisoformat(folder.name)
