"""Whether a campaign runs an AB: as far as can be told without opening its date."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache, lru_cache

from processing.core.ab import AB
from processing.core.campaign import left_out
from processing.core.certification import Refusal, certificate_for, why_not_executable
from processing.core.errors import BadAB
from processing.core.prediction import Learned, Prediction, kind_of, predict
from processing.core.states import CampaignKind, CertificateState, JobState, Reason
from processing.models import AssociationBlock, Campaign, Certificate
from processing.models.blocks import read
from processing.models.runtimes import learned
from processing.workflow.candidates import MOST, Candidate, Standing

# Whoever ended so may be executable by now, under another certificate.
OPEN_QUESTIONS = frozenset({Reason.NOT_CERTIFIED, Reason.MISSING_CALIBRATION})


@dataclass(frozen=True, eq=False)
class Verdict:
    """What a campaign makes of an AB; ABs of one standing share it."""

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
        # ABs of one standing share what is told of it: of 200,000 a few dozen are judged.
        self.predicted = cache(self._predicted)
        self.told = lru_cache(MOST)(self._told)
        self.usual = lru_cache(MOST)(self._usual)
        self.settled = lru_cache(MOST)(lambda standing: self.usual(standing, self.told(standing)))
        self.value = cache(lambda row: row.value)
        for name in self.campaign.instruments:
            chosen = self.campaign.certificate
            self.certificates[name] = [chosen] if chosen else Certificate.objects.of(name)
            self.known[name] = learned(name)

    def _predicted(self, instrument: str, recipe: str, setup: str, raws: int) -> Prediction:
        return predict(self.known[instrument], kind_of(recipe, setup, raws))

    def verdicts(self, some: Sequence[Candidate]) -> list[tuple[Candidate, Verdict | None]]:
        """ABs, each with what becomes of it; one query for all that have to be read."""
        unread = [one.block for one in some if not one.ab and not self.told(one.standing)]
        rows = AssociationBlock.objects.filter(pk__in=unread).values_list("pk", "text") if unread else ()
        self.texts = dict(rows)
        return [(one, self.verdict(one)) for one in some]

    def ab(self, one: Candidate) -> AB:
        """An AB itself, of those that `verdicts` was asked for last; raises `BadAB`."""
        return one.ab or read(self.texts[one.block], one.name)

    def verdict(self, one: Candidate) -> Verdict | None:
        """What becomes of an AB; None for one of a mode that the campaign does not concern."""
        refusal: Refusal | None = None
        if self.told(one.standing):
            found = self.settled(one.standing)
        else:
            refusal, row = self.executable(one)
            found = self.usual(one.standing, row)
        if found is None or found.state != JobState.WAITING:
            return found
        refusal = refusal or self.twin(one)
        return replace(found, state=JobState.REJECTED, refusal=refusal) if refusal else found

    def _usual(self, standing: Standing, row: Certificate | None) -> Verdict | None:
        """What becomes of an AB that is executable under a certificate, or was not read."""
        if self.is_outside(row):
            return None
        expected = self.predicted(standing.instrument, standing.recipe, standing.setup, standing.raws)
        left = left_out(CampaignKind(self.campaign.kind), standing.past, take_skipped=self.campaign.take_skipped)
        if left:
            return Verdict(left.state, left.refusal, row, expected)
        return Verdict(JobState.WAITING, None, row, expected)

    def twin(self, one: Candidate) -> Refusal | None:
        """Why an executable AB is not run if another one, which is, has the same raw frames."""
        if one.day not in self.seen:
            # Twins are of one date.
            self.seen = {one.day: set()}
        if one.frames in self.seen[one.day]:
            return Refusal(Reason.DUPLICATE, "Another AB of the campaign has the same raw frames and recipe.")
        self.seen[one.day].add(one.frames)
        return None

    def is_outside(self, row: Certificate | None) -> bool:
        """Whether the mode is not one of those that were asked for."""
        wanted = bool(self.campaign.modes or self.campaign.certificate)
        return wanted and (row is None or bool(self.campaign.modes and row.name not in self.campaign.modes))

    def executable(self, one: Candidate) -> tuple[Refusal | None, Certificate | None]:
        """Why an AB whose jobs do not tell is not executable, and its certificate."""
        try:
            return self.judged(self.ab(one))
        except BadAB as bad:
            return Refusal(Reason.NOT_CERTIFIED, f"The AB cannot be read: {bad}"), None

    def _told(self, standing: Standing) -> Certificate | None:
        """The certificate under which an AB is executable, by its other jobs; None if they do not tell."""
        if self.thorough or not standing.past or standing.past[-1].reason in OPEN_QUESTIONS:
            return None
        rows = self.certificates[standing.instrument]
        row = next((row for row in rows if row.name == standing.certificate), None)
        return row if row and row.state == CertificateState.CERTIFIED else None

    def judged(self, ab: AB) -> tuple[Refusal | None, Certificate | None]:
        """By the rules themselves."""
        rows = self.certificates[ab.instrument]
        values = [self.value(row) for row in rows]
        found = certificate_for(ab, values)
        return why_not_executable(ab, values), next((row for row in rows if found and row.name == found.name), None)
