"""The pages that every page leads to, in the order of their links, each with the key that goes there after `g`."""

from dataclasses import dataclass
from functools import lru_cache

from django.urls import reverse


@dataclass(frozen=True)
class Place:
    """A page of the navigation; `name` is that of its address."""

    name: str
    word: str
    key: str

    @property
    def address(self) -> str:
        """Where it is."""
        return address(self.name)

    def current(self, path: str) -> str:
        """What `aria-current` says on the page of this address: "page" there, "true" below it, else nothing."""
        if path == self.address:
            return "page"
        return "true" if self.address != "/" and path.startswith(self.address) else ""


@lru_cache
def address(name: str) -> str:
    """Where a page without parameters is; every page asks this for every place, and it does not change."""
    return reverse(name)


PLACES = (
    Place("tonight", "Tonight", "t"),
    Place("grid", "Grid", "g"),
    Place("failures", "Failures", "f"),
    Place("scores", "Scores", "s"),
    Place("timing", "Timing", "i"),
    Place("campaigns", "Campaigns", "c"),
    Place("certificates", "Certificates", "e"),
    Place("system", "System", "y"),
)
