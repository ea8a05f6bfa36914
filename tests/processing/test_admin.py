"""The admin offers no second attempt and changes no history."""

import pytest
from django.contrib import admin
from django_q.models import Failure, OrmQ, Schedule, Success

from processing.models import Event, Job
from tests.processing.conftest import run_night


@pytest.mark.parametrize("model", [Failure, OrmQ, Schedule, Success])
def test_the_queues_own_pages_with_their_resubmit_are_gone(model):
    assert not admin.site.is_registered(model)


@pytest.mark.parametrize("page", ["job", "event", "certificate", "instrument"])
def test_every_page_shows_its_rows(admin_client, add, page):
    add()
    run_night()

    assert admin_client.get(f"/admin/processing/{page}/").status_code == 200


@pytest.mark.parametrize("model", [Job, Event])
@pytest.mark.parametrize("action", ["change", "delete"])
def test_jobs_and_events_can_neither_be_changed_nor_deleted(admin_client, add, model, action):
    add()
    row = model.objects.latest("id")
    answer = admin_client.post(f"/admin/processing/{model._meta.model_name}/{row.pk}/{action}/", {"post": "yes"})

    assert answer.status_code == 403
    assert model.objects.filter(pk=row.pk).exists()


def test_a_window_is_not_set_past_the_event_log(admin_client, add):
    add()
    answer = admin_client.post("/admin/processing/instrument/TESTCAM/change/", {"name": "TESTCAM", "window": ""})

    assert answer.status_code == 403
