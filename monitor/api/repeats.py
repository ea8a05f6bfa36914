"""`Idempotency-Key`: a POST that is sent again, since its answer was lost, is answered as before and done once."""

import json
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from http import HTTPStatus
from typing import Any, Concatenate, ParamSpec, TypeVar

from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from monitor.api.conditional import short
from monitor.api.parameters import LONGEST
from monitor.api.problems import Problem
from processing.models.access import KEPT, Answered

# After so long, whoever worked on the first request is gone.
GIVEN_UP = timedelta(minutes=1)
HEADER = "Idempotency-Key"
P = ParamSpec("P")
V = TypeVar("V")
Act = Callable[Concatenate[V, Request, P], Response]


def once_per_key(act: Act[V, P]) -> Act[V, P]:
    """A method of a view whose answers are kept for 24 hours; refusals are not, since nothing was done."""

    @wraps(act)
    def answer(self: V, request: Request, /, *args: P.args, **kwargs: P.kwargs) -> Response:
        row = begun(request)
        if row is None:
            return act(self, request, *args, **kwargs)
        if row.status:
            headers = {"Idempotency-Replayed": "true"} | ({"Location": row.location} if row.location else {})
            return Response(row.body, row.status, headers=headers)
        try:
            response = act(self, request, *args, **kwargs)
        except Exception:
            row.delete()
            raise
        row.status, row.location, row.body = response.status_code, response.headers.get("Location", ""), plain(response)
        row.save()
        return response

    return answer


def plain(response: Response) -> Any:
    """The body as it will be kept: JSON's own values."""
    return json.loads(json.dumps(response.data, cls=JSONEncoder))


def begun(request: Request) -> Answered | None:
    """The row of this key, new or answered; None without a key.  Problems for another body, and for one under way."""
    given = request.headers.get(HEADER)
    if given is None:
        return None
    if not (given.isascii() and given.isprintable() and 0 < len(given) <= LONGEST):
        raise Problem(HTTPStatus.BAD_REQUEST, f"{HEADER} is a text of 1 to {LONGEST} ASCII characters.")
    now, who = timezone.now(), request.user.get_username()
    Answered.objects.filter(at__lt=now - KEPT).delete()
    Answered.objects.filter(who=who, key=given, status=0, at__lt=now - GIVEN_UP).delete()
    meant = short([request.method, request.get_full_path(), request.data])
    try:
        with transaction.atomic():
            return Answered.objects.create(who=who, key=given, request=meant)
    except IntegrityError:
        return kept(who, given, meant)


def kept(who: str, key: str, meant: str) -> Answered:
    """The answer that was given to this key."""
    row = Answered.objects.filter(who=who, key=key).first()
    if row is not None and row.request != meant:
        detail = f"This {HEADER} was used for another request; nothing was done."
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, kind="idempotency-key")
    if row is None or not row.status:
        detail = f"The first request with this {HEADER} is being worked on."
        raise Problem(HTTPStatus.CONFLICT, detail, kind="idempotency-key")
    return row
