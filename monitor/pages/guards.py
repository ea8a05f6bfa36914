"""Who may see a page, and with which methods; no page is kept by a cache."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_safe

from monitor import context, polls

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def page(view: View[P]) -> View[P]:
    """Reading only, logged in only; 204 and nothing else for a browser whose page is still right."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if polls.unchanged(request):
            return HttpResponse(status=HTTPStatus.NO_CONTENT)
        # Before the page: what changes while it is made must make it old.
        context.prepare(request)
        return view(request, *args, **kwargs)

    return require_safe(cache_control(private=True, no_store=True)(login_required(guarded)))


def form_page(permission: str) -> Callable[[View[P]], View[P]]:
    """A form that is shown and posted, for those who have the permission; others are told that they may not."""

    def guard(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            return view(request, *args, **kwargs)

        allowed = login_required(permission_required(permission, raise_exception=True)(guarded))
        return require_http_methods(("GET", "HEAD", "POST"))(cache_control(private=True, no_store=True)(allowed))

    return guard
