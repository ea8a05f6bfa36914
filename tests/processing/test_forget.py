"""What nobody needs any more goes: sessions, told notices, the queue's notes of its tasks."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from django_q.models import Task

from processing.models import Channel, Delivery, Notice
from processing.models.notices import Kind
from processing.workflow.forget import forget

pytestmark = pytest.mark.django_db
LONG_AGO = timezone.now() - timedelta(days=101)


def notice(over, state=Delivery.State.SENT, key="a"):
    row = Notice.objects.create(kind=Kind.FAILURES, key=key, title="t", over=over)
    channel, _ = Channel.objects.get_or_create(name="c", way=Channel.Way.EMAIL, address="a@b.c")
    Delivery.objects.create(channel=channel, notice=row, state=state)
    return row


def task(name, stopped):
    return Task.objects.create(id=name, name=name, func="f", started=stopped, stopped=stopped)


def test_a_notice_that_was_told_goes_with_its_messages():
    notice(LONG_AGO)

    assert forget(dry=True)["notices"] == 1
    assert Notice.objects.count() == 1
    assert forget(dry=False)["notices"] == 1
    assert (Notice.objects.count(), Delivery.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("over", "state"),
    [(None, "SENT"), (timezone.now(), "SENT"), (LONG_AGO, "QUEUED")],
    ids=["it lasts", "it is new", "it is still to be told"],
)
def test_a_notice_stays_that_somebody_may_need(over, state):
    notice(over, state)
    forget(dry=False)

    assert Notice.objects.exists()


def test_old_notes_of_the_queue_go_and_new_ones_stay():
    task("old", LONG_AGO)
    task("new", timezone.now())

    assert forget(dry=False)["tasks"] == 1
    assert Task.objects.get().name == "new"


def test_sessions_that_have_expired_go_and_others_stay():
    Session.objects.create(session_key="old", session_data="", expire_date=timezone.now() - timedelta(seconds=5))
    Session.objects.create(session_key="new", session_data="", expire_date=timezone.now() + timedelta(days=1))

    assert forget(dry=False)["sessions"] == 1
    assert Session.objects.get().session_key == "new"


def test_with_0_days_notices_and_notes_stay_for_ever(settings):
    settings.PHOENIX = {**settings.PHOENIX, "NOTICES_KEPT": 0}
    notice(LONG_AGO)
    task("old", LONG_AGO)

    assert "notices" not in forget(dry=False)
    assert (Notice.objects.count(), Task.objects.count()) == (1, 1)
