"""Who may see which page, and act on it: each page states the permission that it needs."""

from collections.abc import Callable
from functools import wraps
from hashlib import sha256
from http import HTTPStatus
from typing import Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_safe

from monitor import context, polls, roles

P = ParamSpec("P")
# Of the public pages, for each address: more than anybody reads, and than a script needs that uses the API.
MOST, SECONDS = 60, 60
# Who stands in front of this server on its own host, and names the client: a web server that does TLS.
PROXIES = ("", "127.0.0.1", "::1")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def page(view: View[P]) -> View[P]:
    """Reading only, for everybody who has a role; 204 and nothing else for a browser whose page is still right."""

    @wraps(view)
    def prepared(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        # Before the page: what changes while it is made must make it old.
        context.prepare(request)
        return view(request, *args, **kwargs)

    guarded = private(roles.SEE, prepared)

    @wraps(view)
    def polled(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.user.is_authenticated and polls.unchanged(request):
            return HttpResponse(status=HTTPStatus.NO_CONTENT)
        return guarded(request, *args, **kwargs)

    return require_safe(cache_control(private=True, no_store=True)(polled))


def form_page(permission: str) -> Callable[[View[P]], View[P]]:
    """A form that is shown and posted, for those who have the permission; others are told what to ask for."""

    def guard(view: View[P]) -> View[P]:
        return require_http_methods(("GET", "HEAD", "POST"))(private(permission, view))

    return guard


def private(permission: str, view: View[P]) -> View[P]:
    """After login, with the permission, and kept by no cache."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.user.has_perm(permission):
            raise PermissionDenied(roles.what_to_ask_for(permission))
        return view(request, *args, **kwargs)

    return cache_control(private=True, no_store=True)(login_required(guarded))


def public(view: View[P]) -> View[P]:
    """Reading only, for everybody; kept by caches for a minute, and not more often than anybody can read."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        return view(request, *args, **kwargs) if fresh(client(request)) else busy()

    return require_safe(guarded)


def kept(answer: HttpResponse) -> HttpResponse:
    """The answer of a public page, for caches on the way."""
    answer.headers["Cache-Control"] = f"public, max-age={SECONDS}"
    return answer


def client(request: HttpRequest) -> str:
    """The address that asks; behind a web server of this host, the one that it names last."""
    direct = str(request.META.get("REMOTE_ADDR", ""))
    named = str(request.META.get("HTTP_X_FORWARDED_FOR", "")).rpartition(",")[2].strip()
    return named[:64] if named and direct in PROXIES else direct


def fresh(address: str) -> bool:
    """Count a request; False for one too many.  Each process of the server counts for itself."""
    key = f"asked-{sha256(address.encode()).hexdigest()}"
    cache.add(key, 0, SECONDS)
    try:
        return cache.incr(key) <= MOST
    except ValueError:
        # Its minute has ended between the two calls.
        return True


def busy() -> HttpResponse:
    """The answer to one request too many."""
    text = render_to_string("monitor/adp_busy.html", {"seconds": SECONDS})
    headers = {"Retry-After": str(SECONDS), "Cache-Control": "no-store"}
    return HttpResponse(text, status=HTTPStatus.TOO_MANY_REQUESTS, headers=headers)
