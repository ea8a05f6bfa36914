"""How often people had to act."""

import pytest

from monitor import touches
from processing import control
from processing.models import Event
from tests.monitor import rows

pytestmark = pytest.mark.django_db

HERE = "/system/touches/"


def test_actions_of_persons_are_counted_by_kind_per_thousand_abs(viewer, django_user_model):
    django_user_model.objects.create_user("anna")
    rows.job()
    control.stop("UVES", "a test", "anna")
    control.stop("", "a test", "sciops@host")
    Event.objects.create(subject="hold", subject_id=1, name="x", new="HELD", who="north")
    [month] = touches.months()

    assert (dict(month.kinds), month.blocks, month.rate) == ({"stop": 2}, 1, 2000.0)
    assert "stop 2" in viewer.get(HERE).content.decode()


def test_one_word_of_a_person_counts_once_however_many_jobs_it_concerns(viewer):
    Event.objects.create(subject="campaign", subject_id=1, name="x", new="CANCELLED", who="anna@host")
    for number in range(3):
        Event.objects.create(subject="job", subject_id=number, name="x", new="SKIPPED", who="anna@host")

    assert dict(touches.months()[0].kinds) == {"campaign": 1}
    assert touches.months()[0].rate is None


def test_before_anything_happened_the_page_says_what_to_do(viewer):
    assert "phoenix register" in viewer.get(HERE).content.decode()
