"""The head of the queue is found without the rows of all that wait, and is the one that all of them give."""

import os
import random
from datetime import date, timedelta
from itertools import product

import pytest
from django.db import connection, transaction
from django.utils import timezone

from processing.core.states import CampaignState, CertificateState, DateState, JobState
from processing.models import AssociationBlock, Campaign, Certificate, Instrument, Job, ProcessingDate
from processing.models.among import Among
from processing.models.instruments import Open
from processing.models.queue import FOREMOST, Line
from tests import testcam

pytestmark = pytest.mark.django_db(transaction=True)
SPAN = (None, 100.0)
NAMES = ("TESTCAM", "OTHER")


def waiting(seed: int, number: int, *, well: float = 0.5) -> None:
    """Jobs of which each, one time in so many, could start."""
    chance = random.Random(seed)  # noqa: S311 - the same each time
    Certificate.objects.load([testcam.CERTIFICATE, {**testcam.CERTIFICATE, "instrument": "OTHER"}])
    if well < 1:
        Certificate.objects.filter(instrument="OTHER").update(state=CertificateState.SUSPENDED)
    certificates = [*Certificate.objects.filter(instrument__in=NAMES)]
    campaigns = [Campaign.objects.create(name=f"{state}", state=state) for state in CampaignState]
    dates = []
    for name, night in product(NAMES, range(3)):
        Instrument.objects.get_or_create(name=name)
        state = DateState.PROCESSING if chance.random() < well else chance.choice([*DateState])
        day = date(2012, 5, 9) + timedelta(days=night)
        dates.append(ProcessingDate.objects.create(instrument_id=name, date=day, state=state))
    for at in range(number):
        on = chance.choice(dates)
        block = AssociationBlock.objects.create(
            name=f"{at}.ab", date=on, text="", sha256="", frames=f"{at}", recipe="r"
        )
        Job.objects.create(
            block=block,
            date=on,
            campaign=next(c for c in campaigns if c.state == CampaignState.RUNNING)
            if chance.random() < well
            else chance.choice(campaigns),
            certificate=chance.choice(certificates),
            state=JobState.WAITING if chance.random() < well else chance.choice([*JobState]),
            due=chance.random() < well or chance.random() < well,
            background=chance.random() < 0.5,
            priority=chance.randrange(3),
            turn=chance.randrange(3),
            expected_seconds=chance.choice([10.0, 60.0]),
            late_seconds=chance.choice([50.0, 100.0, 200.0]),
            not_before=chance.choice([None, timezone.now() - timedelta(hours=1), timezone.now() + timedelta(hours=1)]),
        )


def line(*opened: Open, overrun: bool = False) -> Line:
    return Line(Job.objects.all(), opened, [], timezone.now(), overrun)


@pytest.mark.parametrize("seed", range(8))
def test_the_head_is_the_first_of_all_that_wait_whatever_windows_are_open(seed):
    waiting(seed, 60, well=0.5 if seed % 2 else 0.95)
    found = 0
    for left, length, overrun in product(SPAN, SPAN, (False, True)):
        opened = [Open("TESTCAM", left, length), Open("OTHER", 150.0, None)]
        for some in (opened, opened[:1], opened[1:]):
            with transaction.atomic():
                asked = line(*some, overrun=overrun)
                head, first = asked.first(), asked.rows().first()
            assert head == first
            found += head is not None

    assert found


@pytest.mark.skipif("sqlite" in os.environ.get("DATABASE_URL", ""), reason="SQLite has one writer at a time")
def test_a_claim_goes_past_all_that_others_have_locked_at_this_moment(django_db_blocker):
    waiting(1, FOREMOST * 4, well=1.0)
    opened = [Open(name, None, None) for name in NAMES]
    with transaction.atomic():
        first = [job.pk for job in line(*opened).rows()[: FOREMOST + 1]]
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT id FROM processing_job WHERE id = ANY(%s) FOR UPDATE", [first[:FOREMOST]])
            with transaction.atomic():
                head = line(*opened).first()
        other.rollback()
    finally:
        other.close()

    assert head
    assert head.pk == first[FOREMOST]


def test_a_condition_on_keys_holds_for_those_that_the_subquery_finds_in_any_order():
    waiting(2, 20)
    last = Campaign.objects.order_by("-name")[:2]

    found = Job.objects.filter(Among("campaign_id", last))
    assert found
    assert {*found} == {*Job.objects.filter(campaign__in=[*last])}
