"""Faults of what phoenix depends on: its database and queue, both archives, its disk, its clock."""

import contextlib
import os
from collections.abc import Iterator

from tests.faults.campaign import Campaign, Fault, Nobody

AWAY = 1.5  # seconds
JUMP = 3600  # seconds
JUMPED = 4.0  # seconds; libfaketime looks every second
DOUBLED_FOR = 4  # seconds


def tell_database(statement: str) -> int:
    """Run a statement; the number of its first row, 0 if it has none.  Nobody while the database is away."""
    from django.db import Error, connection

    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return int(cursor.fetchone()[0]) if cursor.description else 0
    except Error as error:
        connection.close()
        raise Nobody from error


def double_messages(_campaign: Campaign) -> None:
    """For some seconds every message is there twice."""
    tell_database(f"UPDATE doubling SET until = now() + interval '{DOUBLED_FOR} seconds'")  # noqa: S608 - a constant


def storm(_campaign: Campaign) -> None:
    """Several messages of each stage at once."""
    from processing.workflow.wake import Stage, wake

    for stage in Stage:
        wake(stage, 4)


def wipe_queue(_campaign: Campaign) -> None:
    """Every message in the database is lost."""
    if not tell_database("WITH gone AS (DELETE FROM django_q_ormq RETURNING 1) SELECT count(*) FROM gone"):
        raise Nobody


def cut_connections(_campaign: Campaign) -> None:
    """PostgreSQL ends every connection but this one."""
    cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    if not tell_database(f"{cut} WHERE pid <> pg_backend_pid() AND datname = current_database()"):
        raise Nobody


def restart_database(mode: str) -> Fault:
    """PostgreSQL is stopped ("fast", or "immediate" as in a crash) and started."""

    def fault(campaign: Campaign) -> None:
        from django.db import connection

        connection.close()
        campaign.site.restart_database(mode)

    return fault


def wipe_redis(campaign: Campaign) -> None:
    """Every message in Redis is lost."""
    if campaign.site.redis is not None:
        campaign.site.redis.client.flushall()


def restart_redis(campaign: Campaign) -> None:
    """Redis is killed, and started again as empty as it is without persistence."""
    if campaign.site.redis is not None:
        campaign.site.redis.kill()
        campaign.site.redis.start()


def archive_away(campaign: Campaign) -> None:
    """Nobody answers where the archive was."""

    @contextlib.contextmanager
    def away() -> Iterator[None]:
        campaign.site.archive.kill()
        try:
            yield
        finally:
            campaign.site.archive.start()

    campaign.during("archive", AWAY, away())


def archive_in_mood(mood: str) -> Fault:
    """The archive misbehaves in a way that its server knows."""

    @contextlib.contextmanager
    def misbehaving(campaign: Campaign) -> Iterator[None]:
        campaign.site.archive.control.write_text(mood)
        try:
            yield
        finally:
            campaign.site.archive.control.write_text("")

    return lambda campaign: campaign.during("archive", AWAY, misbehaving(campaign))


def products_away(campaign: Campaign) -> None:
    """The folder of the product archive is not there, and cannot be made."""

    @contextlib.contextmanager
    def away() -> Iterator[None]:
        path = campaign.site.products
        hidden = path.with_name("products.away")
        path.rename(hidden)
        path.touch()
        try:
            yield
        finally:
            path.unlink()
            hidden.rename(path)

    campaign.during("product archive", AWAY, away())


def fill_disk(campaign: Campaign) -> None:
    """The disk of the work folder is full to its last byte."""

    @contextlib.contextmanager
    def full() -> Iterator[None]:
        ballast = campaign.site.work / "ballast"
        try:
            with ballast.open("wb") as file:
                occupy(file.fileno())
            yield
        finally:
            ballast.unlink()

    campaign.during("disk", AWAY, full())


def occupy(descriptor: int) -> None:
    """Make a file as long as the disk allows: in great steps first, since the last free bytes are in the small ones."""
    size = 0
    for step in (2**24, 2**20, 2**12):
        with contextlib.suppress(OSError):
            while True:
                os.posix_fallocate(descriptor, size, step)
                size += step


def jump(campaign: Campaign) -> None:
    """The wall clock of one cluster is an hour off, ahead or behind, for some seconds."""
    clock, seconds = campaign.site.clock, campaign.rng.choice((JUMP, -JUMP))

    @contextlib.contextmanager
    def jumped() -> Iterator[None]:
        if clock is None:
            raise Nobody
        clock.write_text(f"{seconds:+d}\n")
        try:
            yield
        finally:
            clock.write_text("+0\n")

    campaign.during("clock", JUMPED, jumped())
