"""The one door for outsiders: register ABs, ask for the state of things, sweep."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Count
from django.utils import timezone

from processing import registry
from processing.core.schedule import read_window
from processing.core.states import REASONS, DateState, JobState, Reason
from processing.models import (
    AssociationBlock,
    Event,
    Hold,
    Instrument,
    Job,
    ProcessingDate,
    Product,
    RawFrame,
    Stop,
    Worker,
)
from processing.version import VERSION
from processing.workflow import acknowledge, catalogue
from processing.workflow import stop as stops
from processing.workflow.certify import Drafted, certify, draft, draft_all, suspend, withdraw
from processing.workflow.deliver import Courier, deliver
from processing.workflow.disks import Ledger
from processing.workflow.due import due
from processing.workflow.failures import LONGEST_NOTE, LONGEST_TICKET, Outdated
from processing.workflow.failures import acknowledge as acknowledge_failures
from processing.workflow.failures import hand_over as hand_over_failures
from processing.workflow.fill import Preview as CampaignPreview
from processing.workflow.fill import fill as fill_campaign
from processing.workflow.fill import preview as preview_campaign
from processing.workflow.gate import STOP_FLAG
from processing.workflow.hold import release
from processing.workflow.intake import (
    Outcome,
    judge_contents,
    register_content,
    register_contents,
    register_files,
)
from processing.workflow.leftovers import Leftovers
from processing.workflow.plan import BadPlan
from processing.workflow.plan import create as create_campaign
from processing.workflow.plan import plan as plan_campaign
from processing.workflow.presence import heard, left, sharing
from processing.workflow.steer import cancel as cancel_campaign
from processing.workflow.steer import pause as pause_campaign
from processing.workflow.steer import resume as resume_campaign
from processing.workflow.stop import Resumption, resume
from processing.workflow.stop import preview as preview_resume
from processing.workflow.tokens import make_token, withdraw_token
from processing.workflow.waiting import Surroundings, closed, unserved, why_waiting
from processing.workflow.wake import Stage, queued

__all__ = [
    "LONGEST_NOTE",
    "LONGEST_TICKET",
    "STOP_FLAG",
    "VERSION",
    "BadPlan",
    "CampaignPreview",
    "Courier",
    "Drafted",
    "Ledger",
    "Leftovers",
    "Outcome",
    "Outdated",
    "Resumption",
    "Stage",
    "Surroundings",
    "acknowledge_failures",
    "active_holds",
    "active_stop",
    "cancel_campaign",
    "certify",
    "closed",
    "create_campaign",
    "deliver",
    "draft",
    "draft_all",
    "due",
    "explain",
    "fill_campaign",
    "find_files",
    "hand_over_failures",
    "heard",
    "judge_contents",
    "left",
    "make_token",
    "pause_campaign",
    "plan_campaign",
    "preview_campaign",
    "preview_resume",
    "queued",
    "register_content",
    "register_contents",
    "register_files",
    "release_holds",
    "resume",
    "resume_campaign",
    "set_window",
    "sharing",
    "status",
    "stop",
    "suspend",
    "unserved",
    "why_waiting",
    "withdraw",
    "withdraw_token",
]


WORKER = ("name", "host", "roles", "slots", "version", "since", "seen")


def find_files(paths: Sequence[Path]) -> Iterator[Path]:
    """The files named, and every `*.ab` below the folders named, in order: those of a folder before its folders."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for folder, folders, files in os.walk(path):
            folders.sort()
            yield from (Path(folder, name) for name in sorted(files) if name.endswith(".ab"))


def status() -> dict[str, Any]:
    """Whether processing may run, what it does, and how much is left: the cheapest complete answer."""
    now = timezone.now()
    dates = ProcessingDate.objects.exclude(state=DateState.FINISHED).select_related("instrument")
    return {
        "now": now,
        "instruments": [instrument_status(instrument) for instrument in Instrument.objects.all()],
        "jobs": counts(),
        "open_dates": [{"date": str(d), "state": d.state, "reason": d.reason} for d in dates[:100]],
        "workers": [row | {"roles": row["roles"].split(",")} for row in Worker.objects.all().alive().values(*WORKER)],
        "due": {stage.name.lower(): number for stage, number in due().items()},
    }


def counts() -> dict[str, int]:
    """The number of jobs per state, every state named."""
    found = dict(Job.objects.order_by().values_list("state").annotate(Count("id")))
    return {state: found.get(state, 0) for state in JobState}


def instrument_status(instrument: Instrument) -> dict[str, Any]:
    """Window and what follows from it."""
    now, hours = timezone.now(), instrument.hours
    held = [row.why for row in active_holds(instrument.name)]
    dates = ProcessingDate.objects.filter(instrument=instrument, state=DateState.HELD).exclude(reason__in=held)
    return {
        "instrument": instrument.name,
        "window": str(hours),
        "open": hours.is_open(now),
        "next_opening": hours.next_opening(now),
        "stopped": [str(stop.reason) for stop in Stop.objects.all().of(instrument)],
        "held": [*held, *dates.values_list("reason", flat=True)[:5]],
    }


def stop(instrument: str, reason: str, who: str, *, terminate: bool = False) -> Stop:
    """Stop an instrument, or all of them (""); running jobs end by themselves, or at once as STOPPED.

    Raises ValueError for an unknown instrument, or without a reason.
    """
    if instrument:
        known(instrument)
    return stops.stop(instrument, Stop.Mode.TERMINATE if terminate else Stop.Mode.DRAIN, reason, who)


def active_stop(instrument: str) -> Stop | None:
    """The stop of exactly this scope, an instrument or all of them (""), if there is one."""
    return Stop.objects.all().active().filter(scope=instrument).first()


def set_window(instrument: str, window: str, who: str) -> Instrument:
    """Set when processing may start: `HH:MM-HH:MM` UTC, or "" for the site's window.

    Raises ValueError for an unknown instrument, or if that is no window.
    """
    row = known(instrument)
    if window:
        read_window(window)
    old, row.window = row.window, window
    row.save(update_fields=["window"])
    change = {"subject": "instrument", "subject_id": 0, "name": row.name, "old": old or "site", "new": window or "site"}
    Event.objects.create(**change, why="window", who=who)
    return row


def known(instrument: str) -> Instrument:
    """The instrument; ValueError if none of its ABs was ever registered."""
    row = Instrument.objects.filter(pk=instrument).first()
    if row is None:
        raise ValueError(f"no instrument {instrument!r} is known")
    return row


def active_holds(instrument: str) -> list[Hold]:
    """What holds an instrument, or ("") any of them."""
    rows = Hold.objects.all().active()
    return list(rows.filter(instrument=instrument) if instrument else rows)


def release_holds(instrument: str, who: str) -> int:
    """Try again by hand, before the next probe; returns how many holds were ended."""
    return sum(release(row, who) for row in active_holds(instrument))


def acknowledgement(instrument: str, day: str) -> dict[str, Any]:
    """What became of each product of a date; ValueError if there is no such date."""
    try:
        date = ProcessingDate.objects.get(instrument=instrument, date=day)
    except (ProcessingDate.DoesNotExist, ValidationError) as error:
        raise ValueError(f"no date {instrument} {day} is known") from error
    return acknowledge.acknowledgement(date)


def archived(name: str) -> Path:
    """A file of the product archive, by its archive name; raises `NotInArchive`."""
    return registry.ingestor().open(name)


def deprecate(dp_id: str, reason: str, who: str) -> Product:
    """Say that a product should not be used; ValueError without a reason, without such a product, or twice."""
    product = Product.objects.filter(dp_id=dp_id.removesuffix(".fits")).first()
    if product is None:
        raise ValueError(f"no product {dp_id!r} is known")
    if not reason.strip():
        raise ValueError("a deprecation needs a reason")
    if not catalogue.deprecate(product, reason.strip(), who):
        raise ValueError(f"{product} is deprecated already: {product.state_reason}")
    return product


def any_open_date() -> bool:
    """True if any date is not finished: the cheapest question whether there is anything to do."""
    return ProcessingDate.objects.exclude(state=DateState.FINISHED).exists()


def explain(name: str) -> list[dict[str, Any]]:
    """Why an AB, or the ABs of a raw file (dp_id), are in their state; empty if phoenix knows neither."""
    by_frame = RawFrame.objects.filter(dp_id=name.removesuffix(".fits")).values("block")
    blocks = AssociationBlock.objects.filter(name__in=(name, f"{name}.ab")) | AssociationBlock.objects.filter(
        pk__in=by_frame
    )
    jobs = Job.objects.filter(block__in=blocks).select_related("block", "date__instrument", "campaign", "certificate")
    return [explain_job(job) for job in jobs]


def explain_job(job: Job) -> dict[str, Any]:
    """One job's state with its reason in general and in particular."""
    return {
        "ab": job.block.name,
        "campaign": job.campaign.name,
        "date": str(job.date),
        "state": job.state,
        "reason": job.reason,
        "meaning": REASONS.get(Reason(job.reason), ""),
        "sentence": job.sentence or why_waiting(job),
        "products": list(job.products.values_list("dp_id", flat=True)),
    }
