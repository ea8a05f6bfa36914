"""Guessing passwords is slow, and locks out nobody else."""

from base64 import b64encode
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from monitor import slowdown
from processing.models import WrongTry

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def vera(django_user_model, settings):
    # The real one takes its time by design.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return django_user_model.objects.create_user("vera", password="right")  # noqa: S106


def login(password, address="10.0.0.1", name="vera"):
    sent = {"username": name, "password": password}
    return Client(REMOTE_ADDR=address).post("/login/", sent).status_code == 302


def guess(number):
    for _ in range(number):
        login("wrong")


def test_after_five_wrong_passwords_the_right_one_is_still_taken():
    guess(5)

    assert login("right")


def test_after_six_not_even_the_right_one_is_looked_at_for_a_while():
    guess(6)
    assert not login("right")

    WrongTry.objects.update(last=timezone.now() - timedelta(seconds=1.1))
    assert login("right")


def test_another_address_is_not_locked_out():
    guess(8)

    assert login("right", address="10.0.0.2")


def test_who_logs_in_begins_anew():
    guess(5)
    login("right")
    guess(5)

    assert login("right")


def test_a_name_that_nobody_has_is_slowed_down_like_any_other():
    for _ in range(6):
        login("wrong", name="nobody")

    assert slowdown.must_wait(None, "nobody") is False
    assert WrongTry.objects.get().number == 6


def test_the_api_is_no_way_around(client):
    def ask(password):
        header = f"Basic {b64encode(f'vera:{password}'.encode()).decode()}"
        return client.get("/api/v1/stops/", headers={"authorization": header}).status_code

    assert [ask("wrong") for _ in range(6)] == [401] * 6
    assert ask("right") == 401


@pytest.mark.parametrize(("number", "seconds"), [(5, 0), (6, 1), (7, 2), (10, 16), (16, 900), (10**6, 900)])
def test_the_wait_doubles_up_to_a_quarter_of_an_hour(number, seconds):
    assert slowdown.wait(number) == timedelta(seconds=seconds)
