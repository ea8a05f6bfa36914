"""Reads what a campaign is asked to be, from a command, the API or a form, and says what is wrong with it, by field."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from processing.core.states import CampaignKind, CampaignState, CertificateState
from processing.models import AssociationBlock, Campaign, Certificate, Instrument
from processing.workflow.candidates import NAMES, chunks
from processing.workflow.wake import Stage, wake

# A longer list of unknown names is cut.
LISTED = 10
MOST_DAYS, MOST_VERSIONS = 40_000, 99_999
TEXTS = ("name", "release", "window")
HEADER_TEXT = re.compile("[ -&(-~]*")


class BadPlan(ValueError):
    """What is wrong, by field."""

    def __init__(self, faults: Mapping[str, Sequence[str]]) -> None:
        super().__init__("; ".join(f"{field}: {' '.join(said)}" for field, said in faults.items()))
        self.faults = faults


def plan(values: Mapping[str, Any]) -> Campaign:
    """A campaign that is not saved; raises `BadPlan`.

    Values are columns of `Campaign`; `certificate` is a text such as `ECHELLE-POINT:2`, of the one instrument.
    """
    if strange := unprintable(values):
        raise BadPlan({field: ["it has characters that cannot be printed"] for field in strange})
    names = [f"{str(name).removesuffix('.ab')}.ab" for name in values.get("names") or ()]
    if values.get("source") == Campaign.Source.TREE:
        names = [str(values["names"][0])]
    texts = {name: str(values.get(name) or "").strip() for name in TEXTS}
    plain = {name: values[name] for name in PLAIN if values.get(name) is not None}
    row = Campaign(**texts, **plain, names=names)
    faults: dict[str, list[str]] = {}
    try:
        row.certificate = chosen(str(values.get("certificate") or ""), row.instruments)
    except ValueError as error:
        faults["certificate"] = [str(error)]
    faults |= columns(row) | meaning(row)
    if faults:
        raise BadPlan(faults)
    return row


PLAIN = (
    "kind",
    "instruments",
    "modes",
    "first",
    "last",
    "newest_first",
    "per_hour",
    "priority",
    "take_skipped",
    "source",
)


def unprintable(values: Mapping[str, Any]) -> list[str]:
    """The fields with characters that no database takes, or that nobody can read."""
    texts = {name: [str(values.get(name) or "")] for name in (*TEXTS, "certificate")}
    texts |= {name: [str(text) for text in values.get(name) or ()] for name in ("instruments", "modes", "names")}
    return [name for name, found in texts.items() if not all(text.strip().isprintable() for text in found)]


def columns(row: Campaign) -> dict[str, list[str]]:
    """What does not fit a column, a name that is taken among it."""
    try:
        row.full_clean(exclude=("certificate", "instruments", "modes", "names", "missing"))
    except ValidationError as error:
        return dict(error.message_dict)
    return {}


def meaning(row: Campaign) -> dict[str, list[str]]:
    """What fits and is not meant."""
    first, last = row.first, row.last
    known = set(Instrument.objects.filter(pk__in=row.instruments).values_list("name", flat=True))
    modes = set(Certificate.objects.filter(instrument__in=row.instruments).values_list("name", flat=True))
    strange = [name for name in row.modes if name not in modes]
    unregistered = row.source != Campaign.Source.TREE
    checks = {
        "kind": row.kind == CampaignKind.DAY_TO_DAY and "there is one day-to-day stream",
        "instruments": (not row.instruments and "name at least one")
        or (unregistered and unknown([name for name in row.instruments if name not in known])),
        "first": not isinstance(first, date) and "the first DFO date is missing",
        "last": (not isinstance(last, date) and "the last DFO date is missing")
        or (first and last and first > last and "it is before the first")
        or (first and last and (last - first).days > MOST_DAYS and "the range is longer than a century"),
        "modes": strange and unknown(strange),
        "release": not HEADER_TEXT.fullmatch(row.release)
        and "it is written into FITS headers: ASCII letters without apostrophes",
        "per_hour": row.per_hour == 0 and "at 0 nothing would ever start; pause the campaign instead",
        "names": row.source == Campaign.Source.LIST
        and (unknown(unregistered_names(row.names)) or (not row.names and "the list is empty")),
    }
    return {field: [str(said)] for field, said in checks.items() if said}


def unknown(names: Sequence[str]) -> str:
    """A sentence, empty without names."""
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return f"not known: {', '.join(names[:LISTED])}{more}" if names else ""


def unregistered_names(names: Sequence[str]) -> list[str]:
    """Those that no AB has."""
    known: set[str] = set()
    for some in chunks(names, NAMES):
        known |= set(AssociationBlock.objects.filter(name__in=some).values_list("name", flat=True))
    return [name for name in names if name not in known]


def chosen(text: str, instruments: Sequence[str]) -> Certificate | None:
    """A certified version by `NAME:VERSION`; None for an empty text.  ValueError if there is none."""
    if not text:
        return None
    name, _, version = text.rpartition(":")
    if not version.isdecimal() or len(version) > len(str(MOST_VERSIONS)) or not name:
        raise ValueError("it is written NAME:VERSION, such as ECHELLE-POINT:2")
    if len(instruments) != 1:
        raise ValueError("a certificate is of one instrument")
    row = Certificate.objects.filter(instrument=instruments[0], name=name, version=int(version)).first()
    if row is None or row.state != CertificateState.CERTIFIED:
        raise ValueError(f"{instruments[0]} {name} version {version} is {row.state if row else 'not known'}")
    return row


def create(row: Campaign, who: str) -> Campaign:
    """Keep a planned campaign as a draft, which gets its jobs from `fill`; raises `BadPlan` if the name was taken."""
    row.who = who
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise BadPlan({"name": ["a campaign of this name was just made"]}) from error
    row.actor = who
    row.note("", CampaignState.DRAFT, row.release)
    wake(Stage.FILL)
    return row
