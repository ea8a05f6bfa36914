"""The disk ledger: what the workers told of their disks, and how much was archived."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db.models import Count, Sum

from processing.models import Product, Worker
from processing.models.notices import LOW

AREAS = {
    "work": "work area",
    "calibrations": "calibration cache",
    "shared": "calibrations that dates share",
    "products": "product archive",
}
KEPT = 600
"""Seconds for which the sum over all products is kept: the table may have millions of rows."""


@dataclass(frozen=True)
class Disk:
    """An area on a host, in bytes."""

    host: str
    area: str
    path: str
    used: int
    whole: bool
    """False if there was no time to add up all files: then `used` is the least."""
    free: int
    total: int
    at: datetime

    @property
    def taken(self) -> float:
        """How full the file system is, in percent."""
        return 100 * (1 - self.free / self.total) if self.total else 100.0

    @property
    def low(self) -> bool:
        """True if it is nearly full."""
        return bool(self.free < LOW * settings.PHOENIX["DISK_LIMIT"] * 1e9)


def ledger(workers: Iterable[Worker]) -> Sequence[Disk]:
    """By host, each area once; no query, and no look at a disk."""
    found = {(worker.host, row["area"]): disk(worker.host, row) for worker in workers for row in worker.disks}
    return [found[key] for key in sorted(found)]


def disk(host: str, row: Mapping[str, Any]) -> Disk:
    """One area as a worker told it."""
    values = {name: row[name] for name in ("path", "used", "whole", "free", "total")}
    area = AREAS.get(row["area"], row["area"])
    return Disk(host=host, area=area, at=datetime.fromisoformat(row["at"]), **values)


def archived() -> Mapping[str, int]:
    """Number and size of all archived science files; asked for every ten minutes at most."""
    return cache.get_or_set("archived", counted, KEPT) or {}


def counted() -> Mapping[str, int]:
    """One query over all products."""
    sums = Product.objects.aggregate(number=Count("id"), size=Sum("size"))
    return {"number": sums["number"], "size": sums["size"] or 0}
