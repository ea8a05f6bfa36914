"""Gives new ABs their jobs in the day-to-day stream: judged, predicted, scored; many at a time."""

import socket
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

from processing.core import association, certification, scoring
from processing.core.ab import AB
from processing.core.certification import Refusal, certificate_for, why_not_executable
from processing.core.prediction import Learned, Prediction, kind_of, predict
from processing.core.states import JobState, Reason
from processing.core.turn import turn
from processing.models import AssociationBlock, Certificate, Event, Job, Score
from processing.models.campaigns import Campaign, day_to_day
from processing.models.pour import fresh_keys, pour
from processing.models.results import finite
from processing.models.runtimes import learned

JOB = (
    "id",
    "block_id",
    "date_id",
    "certificate_id",
    "state",
    "reason",
    "sentence",
    "turn",
    "expected_seconds",
    "late_seconds",
    "association_flags",
)
EVENT = ("subject_id", "name", "new", "why")
SCORE = ("job_id", "position", "name", "chip", "value", "low", "high", "flag")
Row = Sequence[Any]


class Block(NamedTuple):
    """The row of a new AB."""

    id: int
    name: str
    date_id: int
    text: str
    sha256: str
    frames: str
    raw_type: str
    recipe: str
    setup: str
    tech: str
    prog_id: str
    ob_id: str
    mjd_obs: float | None


class Standing(NamedTuple):
    """How it stands with the job of an AB; all empty of an AB that has none."""

    state: str = ""
    reason: str = ""
    sentence: str = ""


class Rules:
    """What is asked of the ABs of one instrument: certificates and run times, looked up once."""

    def __init__(self, instrument: str) -> None:
        self.rows = Certificate.objects.of(instrument)
        self.values = [row.value for row in self.rows]
        self.keys = {value.name: row.pk for row, value in zip(self.rows, self.values, strict=True)}
        self.known: Learned = learned(instrument)
        self.bits = {value.name: association.rules(value) for value in self.values}
        self.prediction = cache(self._prediction)

    def _prediction(self, recipe: str, setup: str, frames: int) -> Prediction:
        return predict(self.known, kind_of(recipe, setup, frames))

    def scores(self, ab: AB, value: certification.Certificate) -> list[scoring.Score]:
        """The association scores: rejected ABs have them too."""
        return scoring.score(self.bits[value.name], association.measure(ab, value))


class Enrolment:
    """The rows of one batch, and what of it is attempted already."""

    def __init__(self, blocks: Sequence[Block], instruments: Iterable[str]) -> None:
        self.campaign = day_to_day()
        self.rules = {name: Rules(name) for name in instruments}
        self.taken = attempted(self.campaign, blocks)
        self.standings: list[Standing] = []
        self.events: list[Row] = []
        self.scores: list[Row] = []

    def job(self, pk: int, ab: AB, block: Block) -> Row:
        """The row of a job of this key; its event and its scores are kept for `store`."""
        rules = self.rules[ab.instrument]
        refusal = why_not_executable(ab, rules.values) or self.duplicate(block)
        if not refusal:
            self.taken[block.frames] = block.name
        state = JobState.REJECTED if refusal else JobState.WAITING
        standing = Standing(str(state), str(refusal.reason), refusal.sentence) if refusal else Standing(str(state))
        found = certificate_for(ab, rules.values)
        scores = rules.scores(ab, found) if found else None
        expected = rules.prediction(block.recipe, block.setup, len(ab.raws))
        certificate, flags = (rules.keys[found.name] if found else None), scores and scoring.total(scores)
        place = (turn(ab.date), expected.seconds, expected.late)
        self.standings.append(standing)
        self.events.append((pk, block.name, standing.state, standing.sentence))
        self.scores += score_rows(pk, scores or ())
        return (pk, block.id, block.date_id, certificate, *standing, *place, flags)

    def duplicate(self, block: Block) -> Refusal | None:
        """Another AB with the same raw frames and recipe would make the same product twice."""
        other = self.taken.get(block.frames)
        return Refusal(Reason.DUPLICATE, f"{other} has the same raw frames and recipe.") if other else None

    def store(self, found: Sequence[tuple[AB, Block]]) -> None:
        """The jobs with their first events and their scores."""
        keys = fresh_keys(Job, len(found))
        jobs = (self.job(pk, ab, block) for pk, (ab, block) in zip(keys, found, strict=True))
        pour(Job(campaign=self.campaign), JOB, jobs)
        pour(Event(subject=Job.subject, who=socket.gethostname()), EVENT, self.events)
        pour(Score(kind=Score.Kind.ASSOCIATION), SCORE, self.scores)


def enrol(found: Sequence[tuple[AB, Block]]) -> list[Standing]:
    """New ABs with their blocks get their jobs: WAITING, or REJECTED with the reason.  Within a transaction.

    The number of queries is that of their instruments.
    """
    batch = Enrolment([block for _, block in found], {ab.instrument for ab, _ in found})
    batch.store(found)
    return batch.standings


def attempted(campaign: Campaign, blocks: Sequence[Block]) -> dict[str, str]:
    """By the digest of recipe and raw frames, the first other AB that is not rejected.

    Two questions: of both at once PostgreSQL reads the jobs of the whole campaign, unless they are very many.
    """
    own = {block.id for block in blocks}
    alike = AssociationBlock.objects.filter(frames__in={block.frames for block in blocks}).order_by()
    others = {pk: told for pk, *told in alike.values_list("pk", "frames", "name") if pk not in own}
    if not others:
        return {}
    jobs = Job.objects.filter(campaign=campaign, block__in=others).exclude(state=JobState.REJECTED)
    return dict(others[block] for block in jobs.order_by("-id").values_list("block", flat=True))


def score_rows(job: int, scores: Iterable[scoring.Score]) -> Iterator[Row]:
    """As `Score.of` makes them."""
    for score in scores:
        rule = score.rule
        yield job, score.position, rule.name, score.chip, finite(score.value), rule.low, rule.high, score.flag
