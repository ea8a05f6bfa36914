"""What a host works at: kinds of work that may be given to hosts of their own."""

from collections.abc import Iterable
from enum import StrEnum
from typing import TypeVar

Name = TypeVar("Name", bound=StrEnum)


class Role(StrEnum):
    """One kind of work."""

    DOWNLOAD = "download"
    """Fetches the calibrations of dates, and gives campaigns their jobs."""
    PROCESS = "process"
    """Fetches raw frames, and runs recipes."""
    INGEST = "ingest"
    """Brings products into the archive, and ends dates."""


class Area(StrEnum):
    """A folder that hosts share, unless one has it to itself."""

    CALIBRATIONS = "calibrations"
    WORK = "work"


def read_roles(words: Iterable[str]) -> tuple[Role, ...]:
    """Roles by their names, several in a word with commas between; all of them if none is named.

    Raises ValueError for a name that is none.
    """
    return _read(Role, words) or tuple(Role)


def read_areas(words: Iterable[str]) -> tuple[Area, ...]:
    """Areas in the same manner; none if none is named."""
    return _read(Area, words)


def _read(names: type[Name], words: Iterable[str]) -> tuple[Name, ...]:
    given = {name.strip() for word in words for name in word.split(",")} - {""}
    if unknown := sorted(given - {*names}):
        raise ValueError(f"{unknown[0]!r} is not one of {', '.join(names)}")
    return tuple(name for name in names if name in given)


def misfit(roles: Iterable[Role], own: Iterable[Area]) -> str:
    """Why a host cannot serve these roles with these areas to itself; empty if it can."""
    has = {*roles}
    if Area.WORK not in own or len(has & {Role.PROCESS, Role.INGEST}) != 1:
        return ""
    if Role.PROCESS in has:
        return "products stay in the work folder of the host that made them, so no other can ingest them"
    return "no product of another host is in the work folder of this one, so there is nothing to ingest"


def outcast(roles: Iterable[Role], own: Iterable[Area]) -> str:
    """What of a host's work is of use to nobody; empty if all of it is."""
    has = {*roles}
    wasted = Area.CALIBRATIONS in own and Role.DOWNLOAD in has and Role.PROCESS not in has
    return "calibrations that are fetched here are of use to no other host, which fetches its own" if wasted else ""
