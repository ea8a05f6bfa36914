"""Redis as the queue's broker."""

import re
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from redis import Redis
from redis.backoff import NoBackoff
from redis.connection import parse_url
from redis.retry import Retry

SUPPORTED = "redis://[user:password@]host:port/db, rediss:// for TLS, or unix:///path?db=number"
ANSWERS_WITHIN = 3.0
"""Seconds; redis-py alone would try eleven times, five seconds each.  Taking a message waits for one second."""


def options_of(url: str) -> dict[str, Any]:
    """The arguments of `redis.Redis`.  Raises `ImproperlyConfigured`, without the URL and its password."""
    try:
        options = read(url)
        Redis(**options)  # knows its options, and connects later
    except (TypeError, ValueError):
        # `from None`: the cause's sentence may hold a piece of a password.
        raise ImproperlyConfigured(f"PHOENIX_BROKER_URL: must be empty, or {SUPPORTED}") from None
    return options


def read(url: str) -> dict[str, Any]:
    """The URL as arguments of `redis.Redis`: one attempt with short timeouts, unless its query says otherwise.

    Arguments and not the URL, since Django's error pages hide what is named `password`.  Raises ValueError.
    """
    options: dict[str, Any] = parse_url(url)  # type: ignore[no-untyped-call]
    scheme, path, fragment = urlsplit(url).scheme, urlsplit(url).path, urlsplit(url).fragment
    if fragment or not re.fullmatch("/.+" if scheme == "unix" else r"(/\d*)?", path):
        raise ValueError
    options.pop("connection_class", None)
    if scheme == "unix":
        options["unix_socket_path"] = options.pop("path")
    elif scheme == "rediss":
        options["ssl"] = True
    timeouts = {"socket_timeout": ANSWERS_WITHIN, "socket_connect_timeout": ANSWERS_WITHIN}
    return {**timeouts, "retry": Retry(NoBackoff(), 0), **options}
