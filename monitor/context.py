"""What every page gets: the state strip, asked for only by templates that show it."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from monitor import board


def strip(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `strip` for those who are logged in, `now` (the time of the answer) for everybody."""
    user = getattr(request, "user", None)
    known = user is not None and user.is_authenticated
    return {"strip": SimpleLazyObject(board.strip) if known else None, "now": timezone.now()}
