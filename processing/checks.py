"""System checks: a wrong setting or plug-in stops start-up, with its name and a hint."""

import os
import re
from collections.abc import Iterator, Mapping
from datetime import time
from math import inf
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.checks import Warning as Caution
from django_q.conf import Conf

from processing import registry
from processing.core.schedule import read_window
from processing.workflow.wake import queued

LEAST_KEPT = 31
BROKERS = ("broker_class", "django_redis", "iron_mq", "mongo", "orm", "redis", "sqs")


def connect() -> None:
    """Register every check with Django."""
    register(check_settings)
    register(check_redis, deploy=True)


def check_settings(**_options: Any) -> list[CheckMessage]:
    """Everything that is wrong, not only the first."""
    return [*plugins(), *window(), *morning(), *queue(), *broker(), *work_folder(), *lease(), *host(), *kept()]


def plugins() -> Iterator[CheckMessage]:
    """E001: every configured plug-in can be made."""
    entries: dict[str, Mapping[str, Any]] = {
        port: settings.PHOENIX[port] for port in ("ARCHIVE", "INGESTOR", "EXECUTOR")
    }
    entries |= {f"PIPELINES[{name}]": entry for name, entry in settings.PHOENIX["PIPELINES"].items()}
    for name, entry in entries.items():
        try:
            registry.load(entry)
        except (ImportError, TypeError, ValueError) as error:
            hint = "Give the dotted path of a class and its keyword arguments."
            yield Error(f"PHOENIX[{name}] {entry['BACKEND']}: {error}", hint=hint, id="phoenix.E001")


def window() -> Iterator[CheckMessage]:
    """E002: the window can be read."""
    try:
        read_window(settings.PHOENIX["WINDOW"])
    except ValueError as error:
        yield Error(f"PHOENIX_WINDOW: {error}", hint="Such as 20:00-06:00, in UTC.", id="phoenix.E002")


def morning() -> Iterator[CheckMessage]:
    """E008: the time of the digest can be read."""
    try:
        time.fromisoformat(settings.PHOENIX["DIGEST"])
    except ValueError as error:
        yield Error(f"PHOENIX_DIGEST: {error}", hint="Such as 08:00, in UTC.", id="phoenix.E008")


def host() -> Iterator[CheckMessage]:
    """E009: what a host gives to jobs is not negative."""
    for key, value in settings.PHOENIX["HOST"].items():
        if not 0 <= value < inf:
            yield Error(f"PHOENIX_{key}: {value:g} is no limit.", hint="0 or more, and finite.", id="phoenix.E009")


def kept() -> Iterator[CheckMessage]:
    """E010: pages find the events of the last weeks, and logs and notices stay until somebody could look."""
    for key in ("EVENTS_KEPT", "LOGS_KEPT", "NOTICES_KEPT"):
        days = settings.PHOENIX[key]
        if days and days < LEAST_KEPT:
            hint = f"{LEAST_KEPT} days or more, or 0: for ever."
            yield Error(f"PHOENIX_{key}: {days} days are too few.", hint=hint, id="phoenix.E010")


def queue() -> Iterator[CheckMessage]:
    """E003: the queue's own retry stays out of the way of a running job."""
    q = settings.Q_CLUSTER
    if not q["timeout"] < q["retry"] or q["max_attempts"] != 1 or not q["ack_failures"]:
        hint = "timeout < retry, max_attempts 1, ack_failures True."
        yield Error("Q_CLUSTER would deliver running tasks again.", hint=hint, id="phoenix.E003")


def broker() -> Iterator[CheckMessage]:
    """E007: messages travel through the database that phoenix itself uses, or through Redis."""
    chosen = {key: settings.Q_CLUSTER[key] for key in BROKERS if key in settings.Q_CLUSTER}
    # Whatever carries messages, a cluster takes those of all roles of its host.
    if str(chosen.get("broker_class", "")).startswith("processing.workflow."):
        del chosen["broker_class"]
    if chosen != {"orm": "default"} and [*chosen] != ["redis"]:
        # Through another database, schedules would fire again every half minute.
        hint = 'Either "orm": "default" or "redis": leave it to PHOENIX_BROKER_URL.'
        yield Error(f"Q_CLUSTER cannot use {', '.join(chosen) or 'no broker'} so.", hint=hint, id="phoenix.E007")


def check_redis(**_options: Any) -> list[CheckMessage]:
    """W001: Redis answers.  Asked by `check --deploy` only: phoenix starts without it, and waits for it."""
    if Conf.ORM or queued() is not None:
        return []
    hint = "Nothing is processed until it answers, and nothing is lost."
    return [Caution("The Redis of PHOENIX_BROKER_URL does not answer.", hint=hint, id="phoenix.W001")]


def lease() -> Iterator[CheckMessage]:
    """E006: a lease outlives some missed signs of life."""
    if settings.PHOENIX["BEAT"] * 3 > settings.PHOENIX["LEASE"]:
        hint = "PHOENIX_BEAT at most a third of PHOENIX_LEASE."
        yield Error("PHOENIX_LEASE is too short for PHOENIX_BEAT.", hint=hint, id="phoenix.E006")


def work_folder() -> Iterator[CheckMessage]:
    """E004, E005: the work folder, or the nearest above it that exists, can be written; recipes can read its name."""
    folder = Path(settings.PHOENIX["WORK_DIR"])
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if re.search(r"[\s#$]", f"{folder}{settings.PHOENIX['CAL_DIR']}"):
        # A set of frames separates path and tag by a blank, and expands variables.
        hint = "No blanks, no # and no $ in PHOENIX_WORK_DIR and DFO_CAL_DIR."
        yield Error(f"PHOENIX_WORK_DIR: {folder} cannot stand in a set of frames.", hint=hint, id="phoenix.E005")
    if not (existing.is_dir() and os.access(existing, os.W_OK)):
        yield Error(f"PHOENIX_WORK_DIR: {existing} cannot be written.", hint="Name another folder.", id="phoenix.E004")
