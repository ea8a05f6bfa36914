"""The verb `certificate`: looks at certificates, and takes the steps of their life for a user who may."""

import getpass
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.contrib.auth import get_user_model

from processing import control
from processing.core.certification import BadCertificate
from processing.core.difference import difference
from processing.core.errors import ReviewRefused
from processing.core.toml import MOST_CHARACTERS, inline, read_entries, write
from processing.models import Certificate
from processing.models.certificates import in_force

Options = Mapping[str, Any]
REFUSALS = (BadCertificate, LookupError, ReviewRefused)
COLUMNS = (
    "instrument", "name", "version", "state", "revision", "created", "author", "edited", "editors",
    "certified", "certified_by", "review", "closed", "closed_by", "closed_why",
)  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """What a step says, for programs and for people."""

    value: Any
    lines: list[str]


def answer(options: Options, typist: str) -> Answer:
    """Take the step; `typist` is account and host.  Raises one of `REFUSALS`, or OSError for the file of a draft."""
    steps: Mapping[str, Callable[[Options, str], Answer]] = {
        "list": show_all,
        "show": show,
        "draft": draft,
        "certify": certify,
        "suspend": suspend,
        "withdraw": withdraw,
    }
    return steps[options["step"]](options, typist)


def show_all(options: Options, _typist: str) -> Answer:
    """The version in force of each certificate, and what is being drafted; LookupError for an unknown instrument."""
    rows = Certificate.objects.defer("content")
    rows = rows.filter(instrument=options["instrument"]) if options["instrument"] else rows
    found = list(rows)
    if options["instrument"] and not found:
        raise LookupError(f"{options['instrument']} has no certificate")
    valid = set(in_force(found).values())
    shown = [row for row in found if row in valid or row.state == "DRAFT"]
    value = [{**facts(row), "in_force": row in valid and row.state != "DRAFT"} for row in shown]
    return Answer(value, [line(row) for row in shown])


def show(options: Options, _typist: str) -> Answer:
    """One version with its content, or what differs from another."""
    rows = Certificate.objects.all().versions(options["instrument"], options["name"])
    row = version(options, options["version"]) if options["version"] else next(iter(in_force(rows).values()), None)
    if row is None:
        raise LookupError(f"there is no certificate {options['instrument']} {options['name']}")
    if options["diff"] is not None:
        changes = difference(version(options, options["diff"]).terms, row.terms)
        lines = [f"{one.path}: {plain(one.old)} -> {plain(one.new)}" for one in changes]
        return Answer([asdict(change) for change in changes], lines or ["no difference"])
    history = [f"# {name}: {value}" for name, value in facts(row).items() if value not in (None, "", [])]
    return Answer({**facts(row), "content": row.terms}, [*history, "", write(row.terms)])


def draft(options: Options, typist: str) -> Answer:
    """Every certificate of the file whose content is not that of its newest version."""
    who = acting(options, "draft_certificate")
    with options["file"].open(encoding="utf-8", errors="replace") as stream:
        entries = read_entries(stream.read(MOST_CHARACTERS + 1))
    done = control.draft_all(entries, who)
    value = [{**facts(one.row), "result": one.result, "typed_by": typist} for one in done]
    return Answer(value, [f"{one.result}  {line(one.row)}" for one in done])


def certify(options: Options, typist: str) -> Answer:
    """Put a version in force."""
    who = acting(options, "certify_certificate")
    row = version(options)
    moved = control.certify(row, who, said(options, who, typist), options["revision"])
    return Answer({**facts(row), "rebound": moved}, [line(row), f"{moved} waiting jobs were judged anew"])


def suspend(options: Options, typist: str) -> Answer:
    """Take a version out of force for the time being."""
    who = acting(options, "certify_certificate")
    row = version(options)
    control.suspend(row, who, said(options, who, typist))
    return Answer(facts(row), [line(row)])


def withdraw(options: Options, typist: str) -> Answer:
    """End a version for good."""
    who = acting(options, "certify_certificate")
    row = version(options)
    moved = control.withdraw(row, who, said(options, who, typist))
    return Answer({**facts(row), "rebound": moved}, [line(row), f"{moved} waiting jobs were judged anew"])


def acting(options: Options, permission: str) -> str:
    """The user who takes a step: the same one as in the dashboard, so that four eyes are four eyes everywhere.

    Raises `ReviewRefused` for one that phoenix does not know, or that may not.
    """
    name = options["user"] or getpass.getuser()
    user = get_user_model().objects.filter(username=name, is_active=True).first()
    if user is None:
        raise ReviewRefused(f"{name} is no user of phoenix; --user names one")
    if not user.has_perm(f"processing.{permission}"):
        raise ReviewRefused(f"{name} does not have the permission processing.{permission}")
    return name


def said(options: Options, who: str, typist: str) -> str:
    """The note or reason; it tells if another account has typed it."""
    why = str(options["why"]).strip()
    return why if not why or typist.partition("@")[0] == who else f"{why} (typed by {typist})"


def version(options: Options, number: int | None = None) -> Certificate:
    """The version that is named; LookupError if there is none."""
    wanted = options["version"] if number is None else number
    row = Certificate.objects.all().versions(options["instrument"], options["name"]).filter(version=wanted).first()
    if row is None:
        raise LookupError(f"there is no certificate {options['instrument']} {options['name']} version {wanted}")
    return row


def facts(row: Certificate) -> dict[str, Any]:
    """What happened to a version."""
    return {name: getattr(row, name) for name in COLUMNS}


def line(row: Certificate) -> str:
    """A version for people."""
    return f"{row}: {row.state} since {row.since:%Y-%m-%d %H:%M} UTC by {row.by}"


def plain(value: Any) -> str:
    """A value of a version, as TOML writes it."""
    return "(absent)" if value is None else inline(value)
