"""Moves old rows into files, one for each month, and takes out of the database what these files have for sure."""

import contextlib
import fcntl
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from processing.plugins import history
from processing.workflow.old import KINDS, Kind

BATCH = 1000
"""Rows that are in memory at once, and that go in one transaction; of logs a tenth."""
LOCK = "phoenix history"
Said = Callable[[str], object]


class Busy(Exception):
    """Somebody else is at it."""


def retain(*, dry: bool, say: Said) -> list[dict[str, Any]]:
    """Archive every kind of rows that is old; file, kind and number of rows of each month.

    Only whole months go.  Safe to repeat, and to kill at any moment: rows leave the table when the file that has
    them was read back from the disk.  Raises `Busy`, and OSError if a file cannot be written or is damaged.
    """
    folder = Path(settings.PHOENIX["HISTORY_DIR"])
    with contextlib.nullcontext() if dry else alone(folder):
        return [month for kind in KINDS if kept(kind) for month in archive(kind, folder, dry=dry, say=say)]


def kept(kind: Kind) -> int:
    """Days that its rows stay in the database; 0: for ever."""
    return int(settings.PHOENIX[kind.setting])


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """One process at a time, on any host; whatever a killed one has left half goes.  Raises `Busy`, OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as opened, contextlib.ExitStack() as held:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as taken:
            raise Busy(f"another process is at the files in {folder}") from taken
        if connection.vendor == "postgresql":
            held.enter_context(database_lock())
        for draft in folder.glob(f".*{history.DRAFT}"):
            draft.unlink()
        yield


@contextlib.contextmanager
def database_lock() -> Iterator[None]:
    """Held by this connection, which ends with the process: hosts may not see each other's locks of files."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [LOCK])
        if not cursor.fetchone()[0]:
            raise Busy("another host is at the files of old rows")
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(hashtext(%s))", [LOCK])


def archive(kind: Kind, folder: Path, *, dry: bool, say: Said) -> Iterator[dict[str, Any]]:
    """Each month of a kind that is over for so long, the oldest first."""
    end = month_of(timezone.now() - timedelta(days=kept(kind)))
    old = kind.before(end)
    first = old.order_by(kind.at).values_list(kind.at, flat=True).first()
    month = month_of(first) if first else end
    while month < end:
        rows = old.filter(**{f"{kind.at}__gte": month, f"{kind.at}__lt": following(month)})
        if number := rows.count():
            file = folder / f"{kind.name}-{month:%Y-%m}.jsonl.gz"
            say(f"{file.name}: {number} rows")
            yield {"file": file.name, "kind": kind.name, "rows": number if dry else put_away(kind, rows, file)}
        month = following(month)


def put_away(kind: Kind, rows: QuerySet[Any], file: Path) -> int:
    """Add to the file what it has not yet, then take out of the table what it has; the number of rows that went."""
    there = history.content(file).places
    content = history.add(file, parts(kind, rows, there))
    return sum(kind.out(some, content.places, file.name) for some in batches(kind, rows, lock=True))


def parts(kind: Kind, rows: QuerySet[Any], there: dict[bytes, int]) -> Iterator[Sequence[bytes]]:
    """The lines that are not in the file, as parts for it."""
    for some in batches(kind, rows):
        new = [line for line in map(kind.line, some) if history.digest(line) not in there]
        yield from (new[at : at + kind.part] for at in range(0, len(new), kind.part))


def batches(kind: Kind, rows: QuerySet[Any], *, lock: bool = False) -> Iterator[list[Any]]:
    """The rows in order of their keys, so many at a time; if asked, each batch in a transaction that holds them."""
    last, size = 0, BATCH if kind.part > 1 else BATCH // 10
    ordered = rows.select_for_update(of=("self",)) if lock else rows
    while True:
        with transaction.atomic() if lock else contextlib.nullcontext():
            some = list(ordered.filter(pk__gt=last).order_by("pk")[:size])
            if not some:
                return
            yield some
        last = some[-1].pk


def month_of(at: datetime) -> datetime:
    """The first moment of its month, UTC."""
    return at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def following(month: datetime) -> datetime:
    """The first moment of the month after it."""
    return month_of(month + timedelta(days=32))
