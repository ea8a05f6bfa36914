"""`Authorization: Bearer …`: programs that act for a person, with no more than the token's role may."""

from functools import cached_property
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, Permission
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from processing.models.access import Token

PARTS = 2


class Limited:
    """The owner of a token, whose permissions are those that the token's role has, too."""

    def __init__(self, token: Token) -> None:
        self.token = token
        self.owner: Any = token.owner

    def __getattr__(self, name: str) -> Any:
        return getattr(self.owner, name)

    def has_perm(self, permission: str, obj: Any = None) -> bool:
        """True for what owner and role may; every token may look at what its owner may look at."""
        looks = permission.partition(".")[2].startswith("view_")
        return (looks or permission in self.granted) and bool(self.owner.has_perm(permission, obj))

    @cached_property
    def granted(self) -> set[str]:
        """What the role may; nothing for a role that is gone."""
        if not self.token.role:
            return set()
        rows = Permission.objects.filter(group__name=self.token.role)
        return {f"{label}.{name}" for label, name in rows.values_list("content_type__app_label", "codename")}


class Bearer(BaseAuthentication):
    """The token of a request, if it has one."""

    def authenticate(self, request: Request) -> tuple[AbstractBaseUser, Token] | None:
        """Owner and token; a token that opens nothing is refused, whatever was asked."""
        header = get_authorization_header(request).split()
        if not header or header[0].lower() != b"bearer":
            return None
        secret = header[1].decode("ascii", errors="replace") if len(header) == PARTS else ""
        token = Token.objects.all().of_secret(secret)
        if token is None:
            raise AuthenticationFailed("This token is unknown, withdrawn or expired.")
        token.note_use()
        limited: Any = Limited(token)
        return limited, token

    def authenticate_header(self, request: Request) -> str:
        """For answers without a login."""
        return 'Bearer realm="phoenix"'
