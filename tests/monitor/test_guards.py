"""Who may see a page, and act on it."""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("address", ["/", "/stop/", "/system/"])
def test_a_stranger_is_sent_to_the_login(address):
    answer = Client().get(address)

    assert (answer.status_code, answer.headers["Location"]) == (302, f"/login/?next={address}")


@pytest.mark.parametrize("address", ["/", "/stop/", "/system/"])
def test_no_cache_keeps_a_page(admin_client, address):
    assert "no-store" in admin_client.get(address).headers["Cache-Control"]


@pytest.mark.parametrize(("address", "method"), [("/", "post"), ("/", "delete"), ("/stop/", "delete")])
def test_a_page_takes_no_other_methods_than_its_own(admin_client, address, method):
    assert getattr(admin_client, method)(address).status_code == 405


def test_who_may_not_stop_is_told_so(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("vera"))

    assert client.get("/stop/").status_code == 403
