"""The verb `token`: makes, lists and withdraws keys to the API."""

import getpass
from argparse import SUPPRESS, ArgumentParser
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model

from processing import control
from processing.models.access import Token

Options = Mapping[str, Any]
COLUMNS = ("name", "role", "hint", "created", "expires", "used", "withdrawn")


@dataclass(frozen=True)
class Answer:
    """What a step says, for programs and for people."""

    value: Any
    lines: list[str]


def arguments(parser: ArgumentParser) -> None:
    """The steps and what they take."""
    steps = parser.add_subparsers(dest="step", required=True, metavar="STEP")

    def step(name: str, text: str) -> ArgumentParser:
        sub = steps.add_parser(name, help=text, description=text)
        sub.add_argument("--json", action="store_true", default=SUPPRESS, help="print JSON")
        return sub

    create = step("create", "Make a token; its secret is printed once and kept nowhere.")
    create.add_argument("name", metavar="NAME")
    create.add_argument("--user", metavar="NAME", help="for whom it acts; without it the account that types")
    create.add_argument("--role", default="", metavar="GROUP", help="what it may at most; without it, read")
    create.add_argument("--days", type=int, default=90, help="how long it lives (90)")
    step("list", "Every token: owner, role, expiry, last use; never a secret.")
    step("withdraw", "End a token for good, at once.").add_argument("name", metavar="NAME")


def answer(options: Options, typist: str) -> Answer:
    """Take the step; ValueError for what cannot be."""
    steps: Mapping[str, Callable[[Options, str], Answer]] = {"create": create, "list": show_all, "withdraw": withdraw}
    return steps[options["step"]](options, typist)


def create(options: Options, typist: str) -> Answer:
    """The secret, once."""
    name = options["user"] or getpass.getuser()
    owner = get_user_model().objects.filter(username=name, is_active=True).first()
    if owner is None:
        raise ValueError(f"{name} is no user of phoenix; --user names one")
    token, secret = control.make_token(options["name"], owner, options["role"], options["days"], typist)
    return Answer({**facts(token), "secret": secret}, [line(token), secret])


def show_all(_options: Options, _typist: str) -> Answer:
    """All tokens by name."""
    found = list(Token.objects.select_related("owner"))
    return Answer([facts(token) for token in found], [line(token) for token in found] or ["no token"])


def withdraw(options: Options, typist: str) -> Answer:
    """Whether it was alive."""
    done = control.withdraw_token(options["name"], typist)
    return Answer({"name": options["name"], "withdrawn": done}, ["withdrawn" if done else "it was withdrawn before"])


def facts(token: Token) -> dict[str, Any]:
    """All but the digest."""
    return {"owner": token.owner.get_username(), **{name: getattr(token, name) for name in COLUMNS}}


def line(token: Token) -> str:
    """A token for people."""
    used = f"used {token.used:%Y-%m-%d %H:%M}" if token.used else "never used"
    life = "withdrawn" if token.withdrawn else f"until {token.expires:%Y-%m-%d} UTC"
    return f"{token.name}  {token.owner.get_username()}  {token.role or 'read only'}  {token.hint}…  {life}  {used}"
