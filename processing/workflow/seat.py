"""The seat of a job: it is claimed and its files are fetched while others run; here it waits for its cores."""

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from processing.core.states import CampaignState
from processing.core.turn import closing
from processing.models import Instrument, Job
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
            (still if job.background else in_time)(job)
        if not gate.is_open(job.date.instrument) or not job.start(waited):
            raise Closed("The gate was closed between the claim and the start.")
        yield


def still(job: Job) -> None:
    """Raises `Closed` if the job would not be claimed now, so that it waits as all others do."""
    now, instruments = timezone.now(), gate.ready()
    if job.date.instrument not in instruments:
        raise Closed("The gate was closed between the claim and the start.")
    in_time(job)
    campaign = job.campaign.fresh()
    if campaign.state != CampaignState.RUNNING or campaign.rests([], now):
        raise Closed("Its campaign was paused, or its window has closed, between the claim and the start.")
    if job.background and arrived(job, instruments):
        raise Closed("A job of the day-to-day stream has arrived, which goes first.")


def in_time(job: Job) -> None:
    """Raises `Closed` if the job would not be done before its window closes.

    At the start of a job of the day-to-day stream, that alone is to be looked at: what else may have changed while it
    waited is a condition of the start itself.
    """
    left = closing(job.date.instrument.hours, timezone.now())
    if not (settings.PHOENIX["OVERRUN"] or left.holds(job.late_seconds)):
        raise Closed("It would not be done before its window closes.")


def arrived(job: Job, instruments: Sequence[Instrument]) -> bool:
    """Whether a job of the day-to-day stream has become ready since the claim.

    One that was ready before was passed over, since it has no room: for that one, nobody gives way again and again.
    """
    since = Job.objects.values_list("claimed", flat=True).get(pk=job.pk)
    newer = Q(registered__gt=since) | Q(date__prepared__gt=since)
    return Job.objects.all().startable(instruments).filter(newer, background=False).exists()
