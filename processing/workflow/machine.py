"""This machine: what it has for jobs, and how busy it is with everything that runs there."""

import os
from dataclasses import replace
from datetime import datetime
from functools import cache

import psutil
from django.conf import settings

from processing.core.limits import Guard, Host, Load, Offer
from processing.core.schedule import read_window

GB = 1e9


def offer(now: datetime) -> Offer:
    """For jobs at this moment: at night all that is theirs, in the daytime what other work leaves."""
    if read_window(settings.PHOENIX["WINDOW"]).is_open(now):
        return Offer(replace(host(), ahead=settings.AHEAD))
    return Offer(host(), guard(), load())


def host() -> Host:
    """What the settings say; where they say nothing, all of the machine."""
    told = settings.PHOENIX["HOST"]
    cores = told["CORES"] or max(os.cpu_count() or 1, settings.WORKERS)
    return Host(cores, told["MEMORY"] or memory(), min(told["JOBS"] or settings.WORKERS, settings.WORKERS))


@cache
def memory() -> float:
    """All of the machine, in GB."""
    return float(psutil.virtual_memory().total / GB)


def guard() -> Guard:
    """What the daytime work on this machine is left."""
    told = settings.PHOENIX["HOST"]
    return Guard(told["DAY_JOBS"], told["DAY_LOAD"], told["DAY_MEMORY"])


def load() -> Load:
    """The load average of the last minute, and the memory that could be had without swapping."""
    return Load(os.getloadavg()[0] / (os.cpu_count() or 1), psutil.virtual_memory().available / GB)
