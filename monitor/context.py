"""What every page gets: the state strip and its trouble, asked for only by templates that show them; its version."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from monitor import board, polls, roles
from monitor.board import Strip
from monitor.places import PLACES
from monitor.trouble import told


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
    """Context processor: `strip`, `trouble` and `places` for those who have a role, `now` for everybody."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"strip": None, "trouble": None, "places": (), "now": timezone.now()}
    may_see = SimpleLazyObject(lambda: user.has_perm(roles.SEE))
    shown = SimpleLazyObject(lambda: prepared(request) if may_see else None)
    return {
        "strip": shown,
        "trouble": SimpleLazyObject(lambda: told(prepared(request)) if may_see else None),
        "places": [{"place": place, "current": place.current(request.path)} for place in PLACES],
        "now": timezone.now(),
        "version": request.META.get(VERSION),
    }
