"""How often an address may ask queries: as often as it may ask the API without a login."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, cast

from django.http import HttpRequest, HttpResponseBase
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from monitor.vo.requests import refusal

TOO_OFTEN = "You ask too often; Retry-After says how many seconds to wait"


class PerAddress(SimpleRateThrottle):
    """Counted in the cache of this process: with several, each counts for itself."""

    scope = "anonymous"

    def get_cache_key(self, request: Request, view: APIView) -> str:
        """The address, apart from its questions to the API."""
        return f"throttle_query_{self.get_ident(request)}"


def limited(view: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """A view that computes; 429 beyond the rate.  Looking at a list of jobs costs nothing and is not counted."""

    @wraps(view)
    def counted(request: HttpRequest) -> HttpResponseBase:
        rate = PerAddress()
        # It reads headers and address, which both kinds of requests have; the view it does not look at.
        allowed = rate.allow_request(cast(Request, request), cast(Any, None))
        if allowed:
            return view(request)
        answer = refusal(TOO_OFTEN, HTTPStatus.TOO_MANY_REQUESTS)
        answer.headers["Retry-After"] = str(int(rate.wait() or 0) + 1)
        return answer

    return counted
