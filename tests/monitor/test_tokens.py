"""Tokens: made once, shown once, never mightier than their owner, withdrawn at once."""

import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from processing import control
from processing.models import Event, Stop, Token
from tests.monitor import rows
from tests.monitor.test_problems import problem

pytestmark = pytest.mark.django_db

STOPS = "/api/v1/stops/"
WANTED = {"scope": "", "reason": "a bug"}


@pytest.fixture
def anna(django_user_model):
    user = django_user_model.objects.create_user("anna")
    user.user_permissions.set(Permission.objects.filter(codename__in=("add_stop", "view_job")))
    return user


@pytest.fixture
def stoppers():
    group = Group.objects.create(name="stoppers")
    group.permissions.set(Permission.objects.filter(codename__in=("add_stop", "change_stop")))
    return group


def client_of(owner, role="", days=1):
    token, secret = control.make_token("nightly", owner, role, days, "anna")
    return token, Client(headers={"authorization": f"Bearer {secret}"})


def stop(client):
    return client.post(STOPS, WANTED, content_type="application/json")


def test_a_token_without_a_role_reads_and_does_no_more(anna):
    _, client = client_of(anna)

    assert client.get(STOPS).status_code == 200
    problem(stop(client), 403)


def test_a_token_with_a_role_acts_for_its_owner(anna, stoppers):
    _, client = client_of(anna, "stoppers")

    assert stop(client).status_code == 201
    assert Stop.objects.get().who == "anna"


def test_a_token_may_not_what_its_owner_may_not_whatever_its_role(anna, stoppers):
    _, client = client_of(anna, "stoppers")
    row = rows.stopped_since("2012-05-10", "")

    problem(client.post(f"{STOPS}{row.pk}/resume/", content_type="application/json"), 403)


def test_a_superusers_token_is_held_to_its_role(django_user_model, stoppers):
    _, client = client_of(django_user_model.objects.create_superuser("root"), "stoppers")
    answer = client.post("/api/v1/abs/", rows.text(), content_type="text/plain")

    assert (answer.status_code, stop(client).status_code) == (403, 201)


def test_a_token_whose_role_is_gone_reads(anna, stoppers):
    _, client = client_of(anna, "stoppers")
    stoppers.delete()

    assert (client.get(STOPS).status_code, stop(client).status_code) == (200, 403)


@pytest.mark.parametrize("end", ["withdrawn", "expired", "owner"])
def test_a_token_that_ended_opens_nothing(anna, end):
    token, client = client_of(anna)
    if end == "withdrawn":
        control.withdraw_token("nightly", "anna")
    elif end == "expired":
        Token.objects.filter(pk=token.pk).update(expires=timezone.now() - timedelta(seconds=1))
    else:
        anna.is_active = False
        anna.save()

    problem(client.get(STOPS), 401)


@pytest.mark.parametrize("header", ["Bearer", "Bearer x", "Bearer a b", "Bearer phx_é", "bearer phx_"])
def test_what_is_no_token_is_refused(client, header):
    problem(client.get(STOPS, headers={"authorization": header}), 401)


def test_only_a_digest_of_the_secret_is_stored(anna):
    token, secret = control.make_token("nightly", anna, "", 1, "anna")

    assert len(secret) > 40
    assert secret not in str(Token.objects.filter(pk=token.pk).values())


def test_the_last_use_is_noted(anna):
    token, client = client_of(anna)
    client.get(STOPS)
    token.refresh_from_db()

    assert timezone.now() - token.used < timedelta(seconds=60)


def test_tokens_are_made_listed_and_withdrawn_by_command(anna, capsys):
    call_command("phoenix", "token", "create", "nightly", "--user", "anna", "--json")
    secret = json.loads(capsys.readouterr().out)["secret"]
    call_command("phoenix", "token", "list")
    listed = capsys.readouterr().out
    call_command("phoenix", "token", "withdraw", "nightly")

    assert "nightly  anna  read only" in listed
    assert secret not in listed
    assert not Token.objects.all().alive().exists()
    assert list(Event.objects.filter(subject="token").values_list("new", flat=True)) == ["WITHDRAWN", "MADE"]


@pytest.mark.parametrize(
    "wrong",
    [
        ("create", "x", "--user", "nobody"),
        ("create", "x", "--user", "anna", "--role", "king"),
        ("create", "x", "--user", "anna", "--days", "0"),
        ("create", "taken", "--user", "anna"),
        ("withdraw", "x"),
    ],
)
def test_what_cannot_be_is_refused(anna, wrong):
    control.make_token("taken", anna, "", 1, "anna")
    with pytest.raises(CommandError):
        call_command("phoenix", "token", *wrong)


def test_a_token_made_in_the_admin_is_shown_once(admin_client, admin_user):
    sent = {"name": "nightly", "owner": admin_user.pk, "role": "", "expires_0": "2099-01-01", "expires_1": "00:00:00"}
    answer = admin_client.post("/admin/processing/token/add/", sent, follow=True)
    secret = answer.content.decode().partition("shown this once: ")[2].split("<")[0]

    assert str(Token.objects.all().of_secret(secret)) == "nightly"
    assert secret not in admin_client.get("/admin/processing/token/").content.decode()
