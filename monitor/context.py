"""What every page gets: the state strip, asked for only by templates that show it."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from monitor import board, roles


def strip(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `strip` for those who have a role, `now` (the time of the answer) for everybody."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"strip": None, "now": timezone.now()}
    return {
        "strip": SimpleLazyObject(lambda: board.strip() if user.has_perm(roles.SEE) else None),
        "now": timezone.now(),
    }
