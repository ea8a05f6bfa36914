"""Tokens of the API: made once, shown once, withdrawn for good."""

import secrets
from datetime import timedelta

from django.contrib.auth.models import Group, User
from django.db import IntegrityError, transaction
from django.utils import timezone

from processing.models import Event
from processing.models.access import MARK, Token, digest

LONGEST_LIFE = 730
SHOWN = 8


def make_token(name: str, owner: User, role: str, days: int, who: str) -> tuple[Token, str]:
    """A new token with its secret, which is kept nowhere; ValueError for what cannot be."""
    if not name.strip():
        raise ValueError("a token needs a name")
    if role and not Group.objects.filter(name=role).exists():
        raise ValueError(f"there is no role {role!r}")
    if not 1 <= days <= LONGEST_LIFE:
        raise ValueError(f"a token lives 1 to {LONGEST_LIFE} days")
    token = Token(name=name.strip(), owner=owner, role=role, expires=timezone.now() + timedelta(days=days))
    return token, save(token, who)


def save(token: Token, who: str) -> str:
    """Give a token its secret and store it; ValueError if its name is taken."""
    secret = f"{MARK}{secrets.token_urlsafe(32)}"
    token.digest, token.hint = digest(secret), secret[:SHOWN]
    try:
        with transaction.atomic():
            token.save()
    except IntegrityError as error:
        raise ValueError(f"there is a token {token.name!r} already") from error
    note(token, "MADE", f"for {token.owner.get_username()}, role {token.role or 'read only'}", who)
    return secret


def withdraw_token(name: str, who: str) -> bool:
    """End a token; False if it was ended before, ValueError if there is none."""
    token = Token.objects.filter(name=name).first()
    if token is None:
        raise ValueError(f"there is no token {name!r}")
    done = token.withdraw()
    if done:
        note(token, "WITHDRAWN", "", who)
    return done


def note(token: Token, new: str, why: str, who: str) -> Event:
    """Append an event about a token."""
    return Event.objects.create(subject="token", subject_id=token.pk, name=token.name, new=new, why=why, who=who)
