"""What this host sees of its disks: size and free space of each area, measured beside the work."""

import os
import shutil
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from processing.workflow import shared

EVERY = 60.0
"""Seconds between two measurements."""
LONGEST = 1.0
"""Seconds for adding up the files of one area; what is larger is told as "at least"."""
SHARED = "shared"
"""The area of the master calibrations that dates share, which is a part of the calibrations."""

Row = dict[str, Any]


class Ledger:
    """The latest measurement; the next one is made in a thread, since a file system that hangs keeps it for ever."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.begun = float("-inf")
        self.thread: threading.Thread | None = None

    def latest(self) -> list[Row]:
        """What was measured last, and when; nothing yet at the first call."""
        idle = self.thread is None or not self.thread.is_alive()
        if idle and time.monotonic() - self.begun >= EVERY:
            self.begun = time.monotonic()
            self.thread = threading.Thread(target=self.measure, name="disks", daemon=True)
            self.thread.start()
        return self.rows

    def measure(self) -> None:
        """Every area that is on this host; one that cannot be asked is left out."""
        rows = []
        for area, path in areas().items():
            with suppress(OSError):
                rows.append(measured(area, path))
        self.rows = rows


def areas() -> Mapping[str, Path]:
    """The areas that phoenix fills, by name; a product archive elsewhere has its own operators."""
    found = {"work": Path(settings.PHOENIX["WORK_DIR"]), "calibrations": Path(settings.PHOENIX["CAL_DIR"])}
    if shared.root().is_dir():
        found[SHARED] = shared.root()
    products = settings.PHOENIX["INGESTOR"]["OPTIONS"].get("root")
    return {**found, "products": products} if isinstance(products, Path) else found


def measured(area: str, path: Path) -> Row:
    """One area in bytes: its file system as a whole and what is free of it, and the files below its folder."""
    there = next(each for each in (path, *path.parents) if each.exists())
    disk = shutil.disk_usage(there)
    others = {str(other) for name, other in areas().items() if name not in (area, SHARED)}
    used, whole = size(path, others)
    at = datetime.now(UTC).isoformat(timespec="seconds")
    return {
        "area": area, "path": str(path), "total": disk.total, "free": disk.free, "used": used, "whole": whole, "at": at
    }  # fmt: skip


def size(path: Path, others: set[str]) -> tuple[int, bool]:
    """Bytes of the files below a folder, without those of other areas; False if there was no time for all of them.

    What has several names is there once.
    """
    end, found, seen = time.monotonic() + LONGEST, 0, set()
    for number, entry in enumerate(files(path, others)):
        with suppress(OSError):
            status = entry.stat(follow_symlinks=False)
            found += status.st_size if status.st_ino not in seen else 0
            if status.st_nlink > 1:
                seen.add(status.st_ino)
        if number % 256 == 0 and time.monotonic() > end:
            return found, False
    return found, True


def files(path: Path, others: set[str]) -> Iterator[os.DirEntry[str]]:
    """Every file below a folder, in no order; what goes meanwhile is left out."""
    folders = [str(path)]
    while folders:
        with suppress(OSError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_file(follow_symlinks=False):
                    yield entry
                elif entry.is_dir(follow_symlinks=False) and entry.path not in others:
                    folders.append(entry.path)
