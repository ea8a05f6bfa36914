"""What a VO client sends and gets: parameters by name in any case, documents, and errors in the form of DALI."""

from collections.abc import Callable, Mapping
from functools import wraps
from http import HTTPStatus
from typing import Any, Concatenate, ParamSpec

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from monitor.vo import formats
from monitor.vo.errors import BadQuery, Unanswered

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]
AWAY = "The database does not answer; please try again later"


def public(*methods: str) -> Callable[[View[P]], View[P]]:
    """A view for everybody, programs above all: no login and no cookies, so nothing that a forged request could use."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def answered(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            try:
                return view(request, *args, **kwargs)
            except (BadQuery, Unanswered) as error:
                return refusal(str(error), HTTPStatus.BAD_REQUEST)
            except (OperationalError, InterfaceError):
                return refusal(AWAY, HTTPStatus.SERVICE_UNAVAILABLE)

        return csrf_exempt(require_http_methods(list(methods))(answered))

    return decorate


def refusal(sentence: str, status: HTTPStatus) -> HttpResponse:
    """An error as a VOTable."""
    return HttpResponse(formats.failure(sentence), content_type=formats.VOTABLE, status=status)


def parameters(request: HttpRequest) -> dict[str, str]:
    """Those of address and body, by their names in capitals; the last of a name counts."""
    given = {**request.GET.dict(), **request.POST.dict()}
    return {str(name).upper(): str(value) for name, value in given.items()}


def address(request: HttpRequest) -> str:
    """Of this server, as the client wrote it."""
    return f"{request.scheme}://{request.get_host()}"


def document(
    request: HttpRequest, template: str, context: Mapping[str, Any], content_type: str = "text/xml; charset=utf-8"
) -> HttpResponse:
    """An XML document."""
    return render(request, f"vo/{template}.xml", {**context, "base": address(request)}, content_type=content_type)


def plain(text: str) -> HttpResponse:
    """A line of text."""
    return HttpResponse(text, content_type="text/plain; charset=utf-8")
