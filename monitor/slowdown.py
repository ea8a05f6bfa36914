"""Slows down who guesses passwords: each wrong one after the fifth doubles the wait before the next is looked at."""

from datetime import timedelta
from hashlib import sha256
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone

from processing.models.access import WrongTry

FREE = 5
LONGEST = timedelta(minutes=15)
# Wrong passwords so long ago are forgotten.
FORGOTTEN = timedelta(days=1)


class SlowDown:
    """Asked before any other way to log in; it lets nobody in, and for a while nobody through."""

    def authenticate(self, request: HttpRequest | None, username: str | None = None, **_credentials: Any) -> None:
        """`PermissionDenied`, with which Django asks no further, while the client must wait."""
        if username is not None and must_wait(request, username):
            raise PermissionDenied


def must_wait(request: HttpRequest | None, username: str) -> bool:
    """Whether the last wrong password of this name from this address was too short ago."""
    row = WrongTry.objects.filter(pk=key(request, username)).first()
    return row is not None and timezone.now() < row.last + wait(row.number)


def wait(number: int) -> timedelta:
    """1 s after six wrong ones, 2 s after seven, and so on."""
    if number <= FREE:
        return timedelta()
    # Beyond so many steps it is the longest anyhow.
    return min(LONGEST, timedelta(seconds=2 ** min(number - FREE - 1, 20)))


def count(*, credentials: dict[str, Any], request: HttpRequest | None = None, **_signal: Any) -> None:
    """Django's signal of a wrong password; one that was not looked at does not count."""
    name = str(credentials.get("username"))
    if must_wait(request, name):
        return
    now = timezone.now()
    WrongTry.objects.filter(last__lt=now - FORGOTTEN).delete()
    row, _ = WrongTry.objects.get_or_create(pk=key(request, name), defaults={"last": now})
    WrongTry.objects.filter(pk=row.pk).update(number=F("number") + 1, last=now)


def forget(*, request: HttpRequest | None, user: Any, **_signal: Any) -> None:
    """Django's signal of a login."""
    WrongTry.objects.filter(pk=key(request, user.get_username())).delete()


def key(request: HttpRequest | None, username: str) -> str:
    """Name and address, so that nobody locks out anybody else; as a digest, since people type passwords as names."""
    address = request.META.get("REMOTE_ADDR", "") if request else ""
    return sha256(f"{username.strip().lower()}\n{address}".encode(errors="replace")).hexdigest()
