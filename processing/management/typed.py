"""How arguments of the command line are read."""

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from datetime import date

Verb = Callable[[str, str], ArgumentParser]


def day(value: str) -> date:
    """A date as it is typed."""
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise ArgumentTypeError(f"{value!r} is no date such as 2012-05-09") from error


def positive(value: str) -> int:
    """A number of things, one at least."""
    if not (value.isascii() and value.isdigit() and int(value)):
        raise ArgumentTypeError(f"{value!r} is no number from 1 on")
    return int(value)
