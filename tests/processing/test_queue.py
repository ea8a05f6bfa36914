"""What waits in the queue: little enough that every stage gets its turn."""

from django.conf import settings
from django_q.models import OrmQ

from processing.workflow.prepare import prepare
from processing.workflow.sweep import sweep
from processing.workflow.wake import Stage, wake


def queued() -> list[str]:
    return [message.func() for message in OrmQ.objects.all()]


def test_a_night_of_many_abs_does_not_fill_the_queue(add):
    for number in range(10):
        add(number)
    OrmQ.objects.all().delete()
    prepare()

    assert queued() == [Stage.PROCESS] * settings.WORKERS * 2


def test_a_date_is_prepared_though_many_jobs_of_another_are_queued(add):
    add()
    OrmQ.objects.all().delete()
    wake(Stage.PROCESS, 50)
    sweep()

    assert Stage.PREPARE in queued()
