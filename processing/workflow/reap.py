"""Finds what dead workers left: jobs, dates, processes, directories."""

import logging
import socket
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil
from django.conf import settings
from django.db.models import Q

from processing import registry
from processing.core.states import DateState, JobState, Reason
from processing.models import Job, ProcessingDate
from processing.models.leases import EXPIRED
from processing.plugins.transfer import abandoned
from processing.workflow import files, unused
from processing.workflow.worker import boot

logger = logging.getLogger(__name__)

FREE: Mapping[str, Any] = {"owner": "", "lease": None}


def reap() -> int:
    """End or give back what no living worker has; returns how many rows.  Safe to repeat, and for two at once."""
    jobs = [job for job in Job.objects.filter(state=JobState.RUNNING).select_related("block") if lost(job)]
    dead = EXPIRED | gone_here()
    dates = ProcessingDate.objects.filter(dead, state=DateState.PREPARING)
    # Asked once more as the date moves: by then another may prepare it, or the lease may have been renewed.
    returned = sum(date.move(DateState.REGISTERED, "its worker is gone", dead, **FREE) for date in dates)
    tidy()
    return len(jobs) + returned


def lost(job: Job) -> bool:
    """Move a job whose worker is gone: LOST, or back to WAITING if no process was ever started for it."""
    dead = EXPIRED if alive_here(job.owner) is not False else Q()
    why = f"The worker {job.owner} is gone."
    if job.started is None and job.give_back(why, where=dead):
        return True
    return job.end(JobState.LOST, Reason.WORKER_LOST, why, where=dead)


def alive_here(owner: str) -> bool | None:
    """Whether the process of an owner lives; None for an owner on another host."""
    host, _, rest = owner.partition(":")
    boot_id, pid, started = [*rest.split(":"), "", "", ""][:3]
    if host != socket.gethostname():
        return None
    if boot_id != boot() or not pid.isdigit():
        return False
    try:
        process = psutil.Process(int(pid))
        zombie = process.status() == psutil.STATUS_ZOMBIE
        return f"{process.create_time():.2f}" == started and not zombie
    except psutil.NoSuchProcess:
        return False


def gone_here() -> Q:
    """The condition that the owner was a process of this host that has ended."""
    mine = ProcessingDate.objects.filter(state=DateState.PREPARING, owner__startswith=f"{socket.gethostname()}:")
    return Q(owner__in=[owner for owner in mine.values_list("owner", flat=True) if alive_here(owner) is False])


def tidy() -> None:
    """End processes and remove scratch directories of attempts that are over, and calibrations that nobody uses."""
    root = Path(settings.PHOENIX["WORK_DIR"]) / "scratch"
    for token in registry.executor().strays(root, over):
        logger.warning("ended a stray process of attempt %s", token)
    folders = {folder.name: folder for folder in root.glob("*")}
    files.remove(folders[name] for name in over(set(folders)))
    for partial in Path(settings.PHOENIX["CAL_DIR"]).glob("*/.*.part"):
        if abandoned(partial):
            partial.unlink(missing_ok=True)
    unused.tidy()


def over(names: set[str]) -> set[str]:
    """Which of these are no tokens of running jobs; asked after the names were seen: no new one is among them."""
    tokens = {name for name in names if is_token(name)}
    running = Job.objects.filter(state=JobState.RUNNING, token__in=tokens).values_list("token", flat=True)
    return names - {str(token) for token in running}


def is_token(name: str) -> bool:
    """True for the text of a UUID."""
    try:
        return str(uuid.UUID(name)) == name
    except ValueError:
        return False
