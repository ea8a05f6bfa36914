"""How arguments of the command line are read."""

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from datetime import date

from processing.core.roles import Role, read_roles

Verb = Callable[[str, str], ArgumentParser]


def day(value: str) -> date:
    """A date as it is typed."""
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise ArgumentTypeError(f"{value!r} is no date such as 2012-05-09") from error


def named_roles(value: str) -> tuple[Role, ...]:
    """Roles of a host, with commas between."""
    try:
        return read_roles([value])
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error


def positive(value: str) -> int:
    """A number of things, one at least."""
    if not (value.isascii() and value.isdigit() and int(value)):
        raise ArgumentTypeError(f"{value!r} is no number from 1 on")
    return int(value)
