"""Who asks: nobody, a viewer, somebody who may register."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client


@pytest.fixture(autouse=True)
def open_all_day(settings):
    settings.PHOENIX = {**settings.PHOENIX, "WINDOW": "00:00-24:00"}


@pytest.fixture
def anonymous():
    return Client(raise_request_exception=False)


@pytest.fixture
def viewer(db, django_user_model):
    client = Client()
    client.force_login(django_user_model.objects.create_user("viewer"))
    return client


@pytest.fixture
def registrar(db, django_user_model):
    user = django_user_model.objects.create_user("registrar")
    user.user_permissions.add(Permission.objects.get(codename="add_associationblock"))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def stopper(db, django_user_model):
    user = django_user_model.objects.create_user("anna")
    user.user_permissions.set(Permission.objects.filter(codename__in=("add_stop", "change_stop")))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def allowed(db, django_user_model):
    """A client of somebody with just one permission."""

    def client_of(codename):
        user = django_user_model.objects.create_user(f"may_{codename}")
        user.user_permissions.add(Permission.objects.get(codename=codename))
        client = Client()
        client.force_login(user)
        return client

    return client_of
