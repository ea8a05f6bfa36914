"""Repeats what the database could not be told, because it was away."""

import functools
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection

P = ParamSpec("P")
R = TypeVar("R")
PAUSE = 0.5  # seconds


def patient(call: Callable[P, R]) -> Callable[P, R]:
    """Decorator: repeat the call over lost connections until the database is back or patience ends.

    Only for calls that may be repeated: after a lost connection nobody knows whether the last one was committed.
    """

    @functools.wraps(call)
    def repeating(*args: P.args, **kwargs: P.kwargs) -> R:
        end = time.monotonic() + settings.PHOENIX["PATIENCE"]
        while True:
            try:
                return call(*args, **kwargs)
            except (DatabaseError, InterfaceError) as error:
                if not lost(error) or connection.in_atomic_block or time.monotonic() > end:
                    raise
                connection.close()
                time.sleep(PAUSE)

    return repeating


def lost(error: Exception) -> bool:
    """Whether the database was away, rather than refused something.

    Of a server that crashes in the middle of an answer, psycopg2 says so with the bare `DatabaseError`.
    """
    return isinstance(error, (InterfaceError, OperationalError)) or type(error) is DatabaseError
