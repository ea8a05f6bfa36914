"""What every page gets: the state strip and its trouble, asked for only by templates that show them."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from monitor import board
from monitor.places import PLACES
from monitor.trouble import told


def strip(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `strip`, `trouble` and `places` for those who are logged in, `now` for everybody."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"strip": None, "trouble": None, "places": (), "now": timezone.now()}
    shown = SimpleLazyObject(board.strip)
    places = [{"place": place, "current": place.current(request.path)} for place in PLACES]
    return {
        "strip": shown,
        "trouble": SimpleLazyObject(lambda: told(shown)),  # type: ignore[arg-type] # lazily a Strip
        "places": places,
        "now": timezone.now(),
    }
