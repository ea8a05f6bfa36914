"""Who is there: signs of life of the supervisors of all hosts."""

import socket
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.utils import timezone

from processing.core.roles import Area, Role
from processing.models import Worker
from processing.version import VERSION
from processing.workflow import machine


def heard(worker: str, disks: Sequence[Mapping[str, Any]] = (), apart: str = "") -> None:
    """Note a sign of life of a supervisor on this host, what it knows of its disks, and what the host has for jobs.

    `apart` names a worker that should see the same work folder, and does not.
    """
    roles, local = settings.PHOENIX["ROLES"], settings.PHOENIX["LOCAL"]
    works = Role.PROCESS in roles
    about = {
        "host": socket.gethostname(),
        "version": VERSION,
        "roles": ",".join(roles),
        "local": ",".join(local),
        "apart": apart,
        "slots": settings.WORKERS if works else 0,
        "offer": asdict(machine.offer(timezone.now())) if works else None,
    }
    Worker.objects.all().heard(worker, disks, **about)


def sharing() -> list[str]:
    """The living workers whose work folder is that of all hosts."""
    return list(Worker.objects.all().alive().exclude(local__contains=Area.WORK).values_list("name", flat=True))


def left(worker: str) -> None:
    """Forget a supervisor that was stopped: at once, instead of when it has been silent for long."""
    Worker.objects.filter(name=worker).delete()
