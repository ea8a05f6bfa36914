"""The seat of a job: it is claimed and its files are fetched while others run; here it waits for its cores."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from processing.core.states import CampaignState
from processing.core.turn import closing
from processing.models import Campaign, Job
from processing.plugins.seats import seated
from processing.workflow import gate, machine

AT_ONCE = 0.05
"""Seconds after which the wait was one: what the claim has found may no longer be so."""


class Closed(Exception):
    """A stop, a hold or the end of the window came between the claim and the start, or the claim itself is lost."""


@contextmanager
def seat(job: Job) -> Iterator[None]:
    """A worker's seat and the job's cores on this machine; raises `Closed` if it must not start any more."""
    host, file = machine.host(), Path(settings.PHOENIX["WORK_DIR"]) / "seats" / socket.gethostname()
    cores = job.certificate.cores if job.certificate else 1
    rows = ((1, host.jobs or settings.WORKERS), (cores, host.cores))
    with seated(file, rows, lambda: still(job)) as waited:
        if waited > AT_ONCE:
            still(job)
        if not gate.is_open(job.date.instrument) or not job.start():
            raise Closed("The gate was closed between the claim and the start.")
        yield


def still(job: Job) -> None:
    """Raises `Closed` if the job would not be claimed now, so that it waits as all others do."""
    instruments = gate.ready()
    if job.date.instrument not in instruments:
        raise Closed("The gate was closed between the claim and the start.")
    if not (settings.PHOENIX["OVERRUN"] or closing(job.date.instrument.hours, timezone.now()).holds(job.late_seconds)):
        raise Closed("It would not be done before its window closes.")
    if not Campaign.objects.filter(pk=job.campaign_id, state=CampaignState.RUNNING).exists():
        raise Closed("Its campaign was paused between the claim and the start.")
    if job.background and Job.objects.all().startable(instruments).filter(background=False).exists():
        raise Closed("The day-to-day stream goes first.")
