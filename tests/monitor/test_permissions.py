"""Reading through the API is for everybody who is logged in; acting needs its permission."""

import pytest

pytestmark = pytest.mark.django_db


@pytest.fixture
def vera(client, django_user_model):
    """A viewer."""
    client.force_login(django_user_model.objects.create_user("vera"))
    return client


def test_a_viewer_reads_stops_and_may_not_stop(vera):
    body = {"scope": "", "reason": "bug"}
    refused = vera.post("/api/v1/stops/", body, content_type="application/json")

    assert vera.get("/api/v1/stops/").status_code == 200
    assert (refused.status_code, "processing.add_stop" in refused.json()["detail"]) == (403, True)


def test_a_stranger_may_not_even_read(client):
    assert client.get("/api/v1/stops/").status_code == 401
