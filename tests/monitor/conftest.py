"""Who asks: nobody, a viewer, somebody who may register."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.cache import cache
from django.test import Client


@pytest.fixture(autouse=True)
def open_all_day(settings):
    settings.PHOENIX = {**settings.PHOENIX, "WINDOW": "00:00-24:00"}


@pytest.fixture(autouse=True)
def nobody_has_asked():
    """The public pages count requests, across tests too."""
    cache.clear()


@pytest.fixture
def anonymous():
    return Client(raise_request_exception=False)


@pytest.fixture
def viewer(db, django_user_model):
    user = django_user_model.objects.create_user("viewer")
    user.groups.add(Group.objects.get(name="viewer"))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def registrar(db, django_user_model):
    user = django_user_model.objects.create_user("registrar")
    user.user_permissions.set(Permission.objects.filter(codename__in=("add_associationblock", "view_job")))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def stopper(db, django_user_model):
    user = django_user_model.objects.create_user("anna")
    user.user_permissions.set(Permission.objects.filter(codename__in=("add_stop", "change_stop", "view_job")))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def allowed(db, django_user_model):
    """A client of a viewer with just one more permission."""

    def client_of(codename):
        user = django_user_model.objects.create_user(f"may_{codename}")
        user.user_permissions.set(Permission.objects.filter(codename__in=(codename, "view_job")))
        client = Client()
        client.force_login(user)
        return client

    return client_of
