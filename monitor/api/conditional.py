"""Changes of what a client has read: `If-Match` must name it as it still is."""

import json
from collections.abc import Collection, Mapping
from hashlib import sha256
from http import HTTPStatus
from typing import Any

from django.utils.http import parse_etags
from rest_framework.request import Request
from rest_framework.utils.encoders import JSONEncoder

from monitor.api.problems import Problem


def short(value: Any) -> str:
    """A digest of anything that JSON can say."""
    return sha256(json.dumps(value, cls=JSONEncoder, sort_keys=True).encode()).hexdigest()[:16]


def versioned(version: object, shown: Mapping[str, Any]) -> str:
    """A strong tag in two parts: what a change is held against, and all that is shown beside it."""
    return f'"{short(version)}-{short(shown)}"'


def weak(shown: Mapping[str, Any], volatile: Collection[str]) -> str:
    """A tag that stays while only the volatile parts differ."""
    return f'W/"{short({name: value for name, value in shown.items() if name not in volatile})}"'


def demand(request: Request, version: object) -> None:
    """A problem unless the client names the version that it has read, and it is this one."""
    given = request.headers.get("If-Match")
    if given is None:
        raise Problem(HTTPStatus.PRECONDITION_REQUIRED, "If-Match is needed: the ETag of what you have read.")
    start = f'"{short(version)}-'
    if given.strip() != "*" and not any(tag.startswith(start) for tag in parse_etags(given)):
        detail = "It was changed since you read it; nothing was done. Read it again."
        raise Problem(HTTPStatus.PRECONDITION_FAILED, detail)
