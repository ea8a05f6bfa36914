"""Campaigns of the test instrument, made and run to their end."""

from datetime import date, timedelta

from processing import control
from processing.core.states import CampaignKind
from processing.models import Job
from processing.workflow.finish import finish
from processing.workflow.prepare import prepare
from processing.workflow.process import process
from processing.workflow.steer import steer
from processing.workflow.sweep import sweep
from tests.processing.conftest import run_night

FIRST = date(2012, 5, 9)


def plan(**more):
    values = {
        "name": "again",
        "kind": CampaignKind.AGAIN,
        "instruments": ["TESTCAM"],
        "first": FIRST,
        "last": FIRST + timedelta(days=30),
    }
    return control.plan_campaign(values | more)


def begun(**more):
    """A campaign that runs."""
    row = control.create_campaign(plan(**more), "anna")
    control.fill_campaign(row)
    return row


def night(add, number, days=0):
    """An AB of a date that was processed."""
    job = add(number, date=(FIRST + timedelta(days=days)).isoformat())
    run_night()
    return job


def of(campaign):
    return Job.objects.filter(campaign=campaign).order_by("id")


def run_campaign():
    """What sweeps and messages do until nothing is left."""
    while steer() or any([prepare(), process(), finish()]):
        run_night()
        sweep()
