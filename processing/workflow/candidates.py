"""Which ABs a campaign may concern, batch by batch, each with what its verdict depends on."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache, partial
from itertools import islice
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Case, Count, F, Model, OuterRef, Q, QuerySet, Subquery, TextField, Value, When
from django.db.models.sql.compiler import SQLCompiler

from processing.core.ab import AB
from processing.core.campaign import LASTING, Past
from processing.core.states import CampaignState, JobState
from processing.models import AssociationBlock, Campaign, Certificate, Job, ProcessingDate, RawFrame

T = TypeVar("T")
DATES, NAMES = 60, 1000
"""How many are read at once; memory does not grow with the campaign."""
MOST = 4096
"""Standings that are kept; there are more only where jobs have ended with a sentence of their own each."""


@dataclass(frozen=True, eq=False)
class Standing:
    """What the verdict on an AB depends on as long as it is not read; many have it in common, and share the object."""

    instrument: str
    recipe: str
    setup: str
    raws: int
    past: Sequence[Past] = ()
    certificate: str = ""
    """The name of that of its newest job which had one."""


class Candidate(NamedTuple):
    """An AB that a campaign may concern."""

    name: str
    day: date
    frames: str
    """The digest of recipe and raw frames."""
    standing: Standing
    block: int = 0
    """Its key; 0 of an AB that is not registered."""
    date: int = 0
    ab: AB | None = None
    """Itself, if it was read already."""


def chunks(things: Iterable[T], size: int) -> Iterator[list[T]]:
    """So many at a time, in their order."""
    rest = iter(things)
    while some := list(islice(rest, size)):
        yield some


def of_database(campaign: Campaign) -> Iterator[list[Candidate]]:
    """All registered ABs of its instruments and dates."""
    dates = ProcessingDate.objects.filter(
        instrument__in=campaign.instruments, date__range=(campaign.first, campaign.last)
    )
    standing = standings()
    for some in chunks(dates.order_by("instrument", "date").values_list("pk", flat=True), DATES):
        yield of_blocks(Q(date__in=some), campaign, standing)


def of_list(campaign: Campaign) -> Iterator[list[Candidate]]:
    """The ABs that are named, as far as they are of its instruments and dates."""
    range_ = {"date__instrument__in": campaign.instruments, "date__date__range": (campaign.first, campaign.last)}
    standing = standings()
    for some in chunks(campaign.names, NAMES):
        yield of_blocks(Q(name__in=some, **range_), campaign, standing)


Standings = Callable[[str, str, str, int, str], Standing]


def of_blocks(
    condition: Q, campaign: Campaign, standing: Standings, abs_: Mapping[str, AB] = MappingProxyType({})
) -> list[Candidate]:
    """Registered ABs with what their jobs tell; one query.  `abs_` are those that were read already, by name."""
    raws = RawFrame.objects.filter(block=OuterRef("pk")).order_by().values("block").annotate(number=Count("pk"))
    asked = AssociationBlock.objects.filter(condition).annotate(
        number=Subquery(raws.values("number")), past=Listed(others(campaign), *PAST)
    )
    columns = ("pk", "name", "date", "date__date", "frames", "date__instrument", "recipe", "setup", "number", "past")
    return [
        Candidate(name, day, frames, standing(instrument, recipe, setup, number or 1, past), pk, on, abs_.get(name))
        for pk, name, on, day, frames, instrument, recipe, setup, number, past in asked.order_by(
            "date", "name"
        ).values_list(*columns)
    ]


PAST = ("campaign_id", "state", "reason", "said", "certificate_id")


def others(campaign: Campaign) -> Any:
    """The jobs of an AB in other campaigns, the newest last."""
    # What waits in a campaign that was given up is skipped there, as soon as a sweep comes to it.
    given_up = Q(campaign__state=CampaignState.CANCELLED, state=JobState.WAITING)
    rows = Job.objects.filter(block=OuterRef("pk")).exclude(given_up)
    # Sentences differ from job to job; only these are told again.
    lasting = When(state=JobState.REJECTED, reason__in=LASTING, then=F("sentence"))
    said = Case(lasting, default=Value(""), output_field=TextField())
    return rows.exclude(campaign=campaign.pk or 0).annotate(said=said).order_by("id").values(*PAST)


class Listed(Subquery):
    """The rows of a query, in its order, as the text of a list of lists; empty if there are none."""

    output_field = TextField()

    def __init__(self, queryset: QuerySet[Any, Any], *names: str) -> None:
        super().__init__(queryset)
        self.names: Sequence[str] = names

    def as_sql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, *_: Any, **__: Any
    ) -> tuple[str, tuple[Any, ...]]:
        """By the functions of each database, which write the same JSON but for blanks."""
        names = ", ".join(f"listed.{name}" for name in self.names)
        # Names are those of columns, written by programmers.
        template = f"(SELECT JSON_GROUP_ARRAY(JSON_ARRAY({names})) FROM (%(subquery)s) listed)"  # noqa: S608
        if connection.vendor == "postgresql":
            listed = f"JSON_AGG(JSON_BUILD_ARRAY({names}))"
            template = f"(SELECT COALESCE({listed}::TEXT, '[]') FROM (%(subquery)s) listed)"  # noqa: S608
        return super().as_sql(compiler, connection, template=template)


def standings() -> Standings:
    """Makes standings, one of each as long as they are not too many; what they name is asked for once."""
    campaigns, certificates = cache(partial(name_of, Campaign)), cache(partial(name_of, Certificate))

    @lru_cache(MOST)
    def made(instrument: str, recipe: str, setup: str, raws: int, past: str) -> Standing:
        rows = json.loads(past)
        found = [Past(campaigns(campaign), state, reason, said) for campaign, state, reason, said, _ in rows]
        under = [key for *_, key in rows if key]
        return Standing(instrument, recipe, setup, raws, found, certificates(under[-1]) if under else "")

    return made


def name_of(model: type[Model], key: int) -> str:
    """Of a campaign or a certificate."""
    return str(model._default_manager.values_list("name", flat=True).get(pk=key))
