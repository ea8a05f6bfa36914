"""How often somebody may ask: a rate for each token or user, another for each address without a login."""

from typing import TYPE_CHECKING

from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from processing.models.access import Token

if TYPE_CHECKING:
    # The settings name this module, and the views read them while they are imported.
    from rest_framework.views import APIView


class PerClient(SimpleRateThrottle):
    """Counted in the cache of this process: with several, each counts for itself."""

    def __init__(self) -> None:
        """The rate is chosen with the first look at the request."""

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """False if there were too many."""
        self.scope = "user" if request.user.is_authenticated else "anonymous"
        self.rate = self.get_rate()
        self.num_requests, self.duration = self.parse_rate(self.rate)
        return super().allow_request(request, view)

    def get_cache_key(self, request: Request, view: "APIView") -> str:
        """Token, user or address."""
        if isinstance(request.auth, Token):
            ident = f"token{request.auth.pk}"
        else:
            ident = str(request.user.pk) if self.scope == "user" else self.get_ident(request)
        return self.cache_format % {"scope": self.scope, "ident": ident}
