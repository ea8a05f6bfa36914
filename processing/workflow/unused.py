"""Which shared copies of master calibrations go: those that no date uses, and that are not needed next."""

import os
import shutil
import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

from django.conf import settings

from processing.core.states import CampaignState, DateState, JobState
from processing.models import Campaign, Job, ProcessingDate
from processing.models.leases import from_now
from processing.workflow import shared

NEXT = 600
"""So many ABs are asked what they need, of dates to be prepared and of each campaign: those of ten nights."""
EVERY = 60.0
"""Seconds between two looks of the sweep; the end of a date looks in any case."""
QUIET = timedelta(hours=1)
"""A date that ended so long ago has no process any more that could be at its files."""
GB = 1e9


def tidy() -> None:
    """From time to time: what other hosts' ends of dates, cancelled campaigns and dead processes left here."""
    # The time of the last look, for all processes of this host.
    with suppress(FileNotFoundError):
        if time.time() - shared.root().stat().st_mtime < EVERY:
            return
        os.utime(shared.root())
        release()
        drop()


def release() -> None:
    """Remove the links of dates that have ended; by what they are, since the folder of a day is not ours alone."""
    for folder in ended_days():
        for copy in shared.root().glob(f"*/{shared.COPIES}"):
            link = folder / copy.parent.name
            with suppress(FileNotFoundError):
                if link.samefile(copy):
                    link.unlink()
        with suppress(OSError):  # not empty
            folder.rmdir()


def ended_days() -> list[Path]:
    """The folders of days of which no date is open, nor was until lately."""
    folders = {}
    for folder in shared.root().parent.glob("????-??-??"):
        with suppress(ValueError):
            folders[date.fromisoformat(folder.name)] = folder
    over = {"state": DateState.FINISHED, "finished__lt": from_now(-QUIET)}
    still = ProcessingDate.objects.filter(date__in=folders).exclude(**over).values_list("date", flat=True)
    return [folders[day] for day in folders.keys() - set(still)]


def drop() -> None:
    """Delete the copies without a date, but for what is needed next as far as there is room for it.

    Safe to repeat, and for two at once.
    """
    found = counted()
    # Of each name what was fetched last: the next dates will not ask for what it was before.
    latest = {copy.parent.name: copy for copy in sorted(found, key=lambda copy: found[copy].st_mtime_ns)}
    free = {name: found[copy].st_size for name, copy in latest.items() if found[copy].st_nlink == 1}
    kept, left = set(), room() if free else 0.0
    for name in needed(free) if left else ():
        left -= free[name]
        if left >= 0:
            kept.add(latest[name])
    for folder in shared.root().glob("*"):
        with suppress(OSError):  # somebody else is there, and brings the file
            clear(folder, kept)


def counted() -> dict[Path, os.stat_result]:
    """The copies with size and links; one that goes meanwhile is left out."""
    found = {}
    for copy in shared.root().glob(f"*/{shared.COPIES}"):
        with suppress(FileNotFoundError):
            found[copy] = copy.stat()
    return found


def room() -> float:
    """Bytes that copies without a date may have; none where the disk is nearly full."""
    if shutil.disk_usage(shared.root()).free < settings.PHOENIX["DISK_LIMIT"] * GB:
        return 0.0
    return float(settings.PHOENIX["HOST"]["CAL_AHEAD"] * GB)


def needed(names: Collection[str]) -> list[str]:
    """Those that ABs of the next dates name, in the order of the dates."""
    found: dict[str, None] = {}
    for text in next_texts():
        found |= dict.fromkeys(name for name in names if name not in found and name in text)
        if len(found) == len(names):
            break
    return list(found)


def next_texts() -> Iterator[str]:
    """ABs that wait for a date to be prepared, and then those to which campaigns that run come next."""
    waiting = Job.objects.filter(state=JobState.WAITING)
    opened = waiting.filter(due=True).exclude(date__state=DateState.PROCESSING)
    yield from opened.in_turn().values_list("block__text", flat=True)[:NEXT]
    for row in Campaign.objects.filter(state=CampaignState.RUNNING).order_by("-priority", "id"):
        put_off = waiting.filter(campaign=row, due=False).order_by("turn")
        yield from put_off.values_list("block__text", flat=True)[:NEXT]


def clear(folder: Path, kept: Collection[Path]) -> None:
    """Delete the copies of a name that no date uses and that are not kept, and its folder with the last."""
    with shared.alone(folder, wait=False):
        copies = set(folder.glob(shared.COPIES))
        for copy in copies - set(kept):
            if copy.stat().st_nlink == 1:
                copy.unlink()
                copies.remove(copy)
        if not copies:
            (folder / "lock").unlink()
            folder.rmdir()
