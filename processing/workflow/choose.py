"""Which ABs a campaign concerns, batch by batch, and whether each is run: as far as can be told without its date."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from itertools import islice
from types import MappingProxyType
from typing import TypeVar

from django.db.models import Count, Q

from processing.core.ab import AB
from processing.core.campaign import Past, left_out
from processing.core.certification import Refusal, certificate_for, why_not_executable
from processing.core.errors import BadAB
from processing.core.prediction import Learned, Prediction, kind_of, predict
from processing.core.states import CampaignKind, CampaignState, CertificateState, JobState, Reason
from processing.models import AssociationBlock, Campaign, Certificate, Job, ProcessingDate, RawFrame
from processing.models.blocks import read
from processing.models.runtimes import learned

T = TypeVar("T")
DATES, NAMES = 20, 1000
"""How many are read at once; memory does not grow with the campaign."""
# Whoever ended so may be executable by now, under another certificate.
OPEN_QUESTIONS = frozenset({Reason.NOT_CERTIFIED, Reason.MISSING_CALIBRATION})


@dataclass(frozen=True)
class Candidate:
    """An AB that a campaign may concern."""

    name: str
    instrument: str
    day: date
    recipe: str
    setup: str
    frames: str
    """The digest of recipe and raw frames."""
    raws: int
    block: int = 0
    """Its key; 0 of an AB that is not registered."""
    date: int = 0
    past: Sequence[Past] = ()
    certificate: str = ""
    """The name of that of its newest job which had one."""
    ab: AB | None = None
    """Itself, if it was read already."""


@dataclass(frozen=True)
class Verdict:
    """What a campaign makes of an AB."""

    state: JobState
    refusal: Refusal | None
    certificate: Certificate | None
    expected: Prediction


@dataclass
class Judge:
    """Judges the ABs of one campaign; knows certificates and run times, asked for once."""

    campaign: Campaign
    thorough: bool = False
    """Read every AB, as each date asks for when it is opened; for a whole campaign that takes too long."""
    certificates: dict[str, list[Certificate]] = field(default_factory=dict)
    known: dict[str, Learned] = field(default_factory=dict)
    seen: dict[date, set[str]] = field(default_factory=dict)
    texts: dict[int, str] = field(default_factory=dict)
    """Of the ABs that are judged now, as far as they have to be read."""

    def __post_init__(self) -> None:
        self.predicted = cache(self._predicted)
        self.value = cache(lambda row: row.value)
        for name in self.campaign.instruments:
            chosen = self.campaign.certificate
            self.certificates[name] = [chosen] if chosen else Certificate.objects.of(name)
            self.known[name] = learned(name)

    def _predicted(self, instrument: str, recipe: str, setup: str, raws: int) -> Prediction:
        return predict(self.known[instrument], kind_of(recipe, setup, raws))

    def verdicts(self, some: Sequence[Candidate]) -> list[tuple[Candidate, Verdict | None]]:
        """ABs, each with what becomes of it; one query for all that have to be read."""
        unread = [one.block for one in some if not one.ab and not self.told(one)]
        rows = AssociationBlock.objects.filter(pk__in=unread).values_list("pk", "text") if unread else ()
        self.texts = dict(rows)
        return [(one, self.verdict(one)) for one in some]

    def ab(self, one: Candidate) -> AB:
        """An AB itself, of those that `verdicts` was asked for last; raises `BadAB`."""
        return one.ab or read(self.texts[one.block], one.name)

    def verdict(self, one: Candidate) -> Verdict | None:
        """What becomes of an AB; None for one of a mode that the campaign does not concern."""
        expected = self.predicted(one.instrument, one.recipe, one.setup, one.raws)
        refusal, row = self.executable(one)
        if self.is_outside(row):
            return None
        kind = CampaignKind(self.campaign.kind)
        left = left_out(kind, one.past, take_skipped=self.campaign.take_skipped)
        if left:
            return Verdict(left.state, left.refusal, row, expected)
        if one.day not in self.seen:
            # Twins are of one date.
            self.seen = {one.day: set()}
        if refusal is None and one.frames in self.seen[one.day]:
            refusal = Refusal(Reason.DUPLICATE, "Another AB of the campaign has the same raw frames and recipe.")
        self.seen[one.day].add(one.frames)
        return Verdict(JobState.REJECTED if refusal else JobState.WAITING, refusal, row, expected)

    def is_outside(self, row: Certificate | None) -> bool:
        """Whether the mode is not one of those that were asked for."""
        wanted = bool(self.campaign.modes or self.campaign.certificate)
        return wanted and (row is None or bool(self.campaign.modes and row.name not in self.campaign.modes))

    def executable(self, one: Candidate) -> tuple[Refusal | None, Certificate | None]:
        """Why an AB is not executable, and its certificate; the text is read only if its jobs do not tell."""
        if row := self.told(one):
            return None, row
        try:
            return self.judged(self.ab(one))
        except BadAB as bad:
            return Refusal(Reason.NOT_CERTIFIED, f"The AB cannot be read: {bad}"), None

    def told(self, one: Candidate) -> Certificate | None:
        """The certificate under which an AB is executable, by its other jobs; None if they do not tell."""
        if self.thorough or not one.past or one.past[-1].reason in OPEN_QUESTIONS:
            return None
        row = next((row for row in self.certificates[one.instrument] if row.name == one.certificate), None)
        return row if row and row.state == CertificateState.CERTIFIED else None

    def judged(self, ab: AB) -> tuple[Refusal | None, Certificate | None]:
        """By the rules themselves."""
        rows = self.certificates[ab.instrument]
        values = [self.value(row) for row in rows]
        found = certificate_for(ab, values)
        return why_not_executable(ab, values), next((row for row in rows if found and row.name == found.name), None)


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
    for some in chunks(dates.order_by("instrument", "date").values_list("pk", flat=True), DATES):
        yield of_blocks(Q(date__in=some), campaign)


def of_list(campaign: Campaign) -> Iterator[list[Candidate]]:
    """The ABs that are named, as far as they are of its instruments and dates."""
    range_ = {"date__instrument__in": campaign.instruments, "date__date__range": (campaign.first, campaign.last)}
    for some in chunks(campaign.names, NAMES):
        yield of_blocks(Q(name__in=some, **range_), campaign)


def of_blocks(condition: Q, campaign: Campaign, abs_: Mapping[str, AB] = MappingProxyType({})) -> list[Candidate]:
    """Registered ABs with what their jobs tell; three queries.  `abs_` are those that were read already, by name."""
    columns = ("pk", "name", "date", "date__instrument", "date__date", "recipe", "setup", "frames")
    blocks = list(AssociationBlock.objects.filter(condition).order_by("date", "name").values_list(*columns))
    pks = [block[0] for block in blocks]
    counted = RawFrame.objects.filter(block__in=pks).order_by().values_list("block").annotate(Count("id"))
    raws = dict(counted)
    past, certificates = pasts(pks, campaign)
    return [
        Candidate(
            *(name, instrument, day, recipe, setup, frames, raws.get(pk, 1)),
            *(pk, on, past[pk], certificates[pk], abs_.get(name)),
        )
        for pk, name, on, instrument, day, recipe, setup, frames in blocks
    ]


def pasts(blocks: Iterable[int], campaign: Campaign) -> tuple[dict[int, list[Past]], dict[int, str]]:
    """The jobs of ABs in other campaigns, the newest last, and the name of their newest certificate; one query."""
    columns = ("block", "campaign__name", "state", "reason", "sentence", "certificate__name")
    found: dict[int, list[Past]] = defaultdict(list)
    certificates: dict[int, str] = defaultdict(str)
    # What waits in a campaign that was given up is skipped there, as soon as a sweep comes to it.
    given_up = Q(campaign__state=CampaignState.CANCELLED, state=JobState.WAITING)
    others = Job.objects.filter(block__in=blocks).exclude(given_up).exclude(campaign=campaign.pk or 0)
    for block, *past, certificate in others.order_by("id").values_list(*columns):
        found[block].append(Past(*past))
        certificates[block] = certificate or certificates[block]
    return found, certificates
