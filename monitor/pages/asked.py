"""What the address of a page asks for: words, texts, days; not found, with a sentence, for what is none."""

from collections.abc import Collection
from contextlib import suppress
from datetime import date

from django.http import Http404, HttpRequest

LONGEST = 64


def text(request: HttpRequest, name: str) -> str:
    """A short text, empty if it was not given."""
    value = request.GET.get(name, "").strip()
    if len(value) > LONGEST or not value.isprintable():
        raise Http404(f"{name} must be a text of at most {LONGEST} characters.")
    return value


def word(request: HttpRequest, name: str, allowed: Collection[str]) -> str:
    """One of a closed list, empty if it was not given."""
    value = text(request, name)
    if value and value not in allowed:
        raise Http404(f"{name}={value} is not one of {', '.join(allowed)}.")
    return value


def day(request: HttpRequest, name: str) -> date | None:
    """YYYY-MM-DD, None if it was not given."""
    value = text(request, name)
    # Python reads other forms of ISO 8601, too.
    with suppress(ValueError):
        if not value or (found := date.fromisoformat(value)).isoformat() == value:
            return found if value else None
    raise Http404(f"{name}={value} is no date of the form YYYY-MM-DD.")


def order(first: date, last: date) -> None:
    """Not found if the first day of a range is after the last."""
    if first > last:
        raise Http404(f"from={first} is after to={last}.")
