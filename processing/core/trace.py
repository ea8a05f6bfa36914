"""Which request of a client is being answered: in log lines, events and problem documents."""

from contextvars import ContextVar

REQUEST: ContextVar[str] = ContextVar("request", default="")
"""Empty in workers and commands."""


def current() -> str:
    """The id of the request that is being answered; empty if there is none."""
    return REQUEST.get()
