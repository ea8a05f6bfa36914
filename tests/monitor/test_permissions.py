"""Reading through the API is for everybody who has a role; acting needs its permission."""

import pytest
from django.contrib.auth.models import Group

pytestmark = pytest.mark.django_db


@pytest.fixture
def vera(client, django_user_model):
    """A viewer."""
    user = django_user_model.objects.create_user("vera")
    user.groups.add(Group.objects.get(name="viewer"))
    client.force_login(user)
    return client


def test_a_viewer_reads_stops_and_may_not_stop(vera):
    body = {"scope": "", "reason": "bug"}
    refused = vera.post("/api/v1/stops/", body, content_type="application/json")

    assert vera.get("/api/v1/stops/").status_code == 200
    assert (refused.status_code, "processing.add_stop" in refused.json()["detail"]) == (403, True)


def test_a_stranger_may_not_even_read(client):
    assert client.get("/api/v1/stops/").status_code == 401


def test_an_account_without_a_role_is_told_what_to_ask_for(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("nora"))
    refused = client.get("/api/v1/status/")

    assert refused.status_code == 403
    assert 'Ask an administrator of phoenix for the role "viewer".' in refused.json()["detail"]
