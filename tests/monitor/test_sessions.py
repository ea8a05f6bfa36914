"""Sessions: looked up on each request, so that what ended has ended everywhere."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from monitor.sessions import SessionStore

pytestmark = pytest.mark.django_db


def stored() -> SessionStore:
    session = SessionStore()
    session["who"] = "anna"
    session.create()
    return session


def test_a_session_holds_what_was_put_into_it():
    assert SessionStore(stored().session_key)["who"] == "anna"


def test_a_session_that_has_expired_is_none():
    key = stored().session_key
    # SQLite's clock has milliseconds only: an end in this very one is still to come.
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))

    session = SessionStore(key)
    assert session.get("who") is None
    assert session.session_key is None


def test_a_session_that_was_logged_out_elsewhere_is_none():
    session = stored()
    SessionStore(session.session_key).flush()

    assert SessionStore(session.session_key).get("who") is None


def test_a_session_somebody_has_written_into_is_none():
    key = stored().session_key
    Session.objects.update(session_data="anna:nobody")

    assert SessionStore(key).get("who") is None
