"""What every page gets: the state strip, asked for only by templates that show it, and the page's version."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from monitor import board, polls, roles
from monitor.board import Strip


def prepare(request: HttpRequest) -> None:
    """Ask for the strip now, so that the page's version is older than anything that the page shows."""
    shown = board.strip()
    request.META[STRIP], request.META[VERSION] = shown, polls.version(shown.last_event)


def prepared(request: HttpRequest) -> Strip:
    """The strip of this request."""
    if STRIP not in request.META:
        prepare(request)
    found: Strip = request.META[STRIP]
    return found


# Not names that a client can send: those begin with HTTP_.
STRIP, VERSION = "phoenix.strip", "phoenix.version"


def strip(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `strip` for those who have a role, `now` (the time of the answer) for everybody."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"strip": None, "now": timezone.now()}
    shown = SimpleLazyObject(lambda: prepared(request) if user.has_perm(roles.SEE) else None)
    return {"strip": shown, "now": timezone.now(), "version": request.META.get(VERSION)}
