"""Twenty years of twelve instruments: how every date went, as rows for `sky`.

The newest night is open; one date has 7,000 failures, two have 150 jobs, three nights were skipped in a stop.  What
hangs on a job (text, events, scores, QC1 parameters, products) is there for the newest tenth of all, logs for the
newest hundredth.
"""

import json
import random
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from processing.core.fingerprint import Kind, kind
from processing.core.states import TROUBLE, JobState, Reason

INSTRUMENTS = (
    "CRIRES", "ERIS", "ESPRESSO", "FORS2", "GIRAFFE", "HAWKI", "KMOS", "MUSE", "NACO", "UVES", "VIMOS", "XSHOOTER",
)  # fmt: skip
BUSY = "UVES"
LAST, DAYS = date(2026, 10, 31), 7305
BAD_NIGHT, FAILURES = LAST - timedelta(days=3), 7000
FULL_DATE, FULL = LAST - timedelta(days=2), 150
STOPPED = {LAST - timedelta(days=days) for days in (20, 21, 22)}
RAWS, EVENTS, SCORES, PARAMETERS = 3, 4, 6, 4
NEW, NEWEST = 0.1, 0.01
"""The part of the jobs that have texts, events, scores, parameters, products; and that have a log."""
End = tuple[str, str]
"""State and reason of a job."""
GOOD: End = ("INGESTED", "")
ENDS: dict[End, int] = {
    GOOD: 880, ("REJECTED", "NOT_CERTIFIED"): 60, ("REJECTED", "VIRTUAL_CALIBRATION"): 20,
    ("FAILED", "RECIPE_FAILED"): 20, ("FAILED", "NO_SIGNAL"): 8, ("TIMED_OUT", "TIME_LIMIT"): 2,
    ("LOST", "WORKER_LOST"): 1, ("INGEST_REJECTED", "IDP_RULES"): 4,
}  # fmt: skip
OPEN: dict[End, int] = {
    GOOD: 60, ("FAILED", "RECIPE_FAILED"): 2, ("RUNNING", ""): 4, ("PROCESSED", ""): 4, ("WAITING", ""): 30,
}  # fmt: skip
STOP = "Its time went by during stop 1 of all instruments: a power cut."
LOG = "\n".join(f"03:17:{n % 60:02d} [ INFO  ] uves_obs_scired: extracting order {n} of 120" for n in range(120))
SAMPLE = Path(__file__).resolve().parent.parent / "tests" / "samples" / "uves_point_source.ab"


@dataclass
class Night:
    """One processing date and how its jobs end."""

    pk: int
    instrument: str
    day: date
    ends: list[End]
    first: int
    """The id of its first job, and of that job's AB."""

    @property
    def open(self) -> bool:
        """The newest is still being processed."""
        return self.day == LAST


def nights(number: int) -> list[Night]:
    """All dates with about so many ABs, the oldest first."""
    chance = random.Random(1)  # noqa: S311 - the same sky each time
    mean = max((number - FAILURES - 2 * FULL) / (DAYS * len(INSTRUMENTS)), 0.1)
    found, first = [], 1
    for back in range(DAYS - 1, -1, -1):
        day = LAST - timedelta(days=back)
        for name in INSTRUMENTS:
            ends = ends_of(name, day, mean, chance)
            found.append(Night(len(found) + 1, name, day, ends, first))
            first += len(ends)
    return found


def ends_of(name: str, day: date, mean: float, chance: random.Random) -> list[End]:
    """How the jobs of one date end."""
    if name == BUSY and day == BAD_NIGHT:
        return [("FAILED", "RECIPE_FAILED")] * FAILURES
    size = int(chance.random() * 2 * mean + chance.random())
    if name == BUSY and day in {FULL_DATE, LAST}:
        size = FULL
    if day in STOPPED:
        return [("SKIPPED", "BACKLOG")] * size
    weights = OPEN if day == LAST else ENDS
    return chance.choices(list(weights), list(weights.values()), k=size)


class Sky:
    """The rows of every table."""

    def __init__(self, number: int) -> None:
        self.nights = nights(number)
        self.number = self.nights[-1].first + len(self.nights[-1].ends) - 1

    def jobs(self, part: float = 1.0) -> Iterator[tuple[int, Night, int, End]]:
        """Id, date, place within the date, end: of the newest part of all jobs."""
        oldest = self.number - int(self.number * part)
        for night in self.nights:
            if night.first + len(night.ends) <= oldest:
                continue
            for at, end in enumerate(night.ends):
                if night.first + at > oldest:
                    yield night.first + at, night, at, end

    def dates(self) -> Iterator[Sequence[object]]:
        """Finished ones with their counts."""
        for night in self.nights:
            counts = json.dumps(Counter(state for state, _ in night.ends))
            done = (r"\N", "PROCESSING", r"\N") if night.open else (counts, "FINISHED", f"{night.day} 23:00+00")
            yield night.pk, night.instrument, night.day, len(night.ends), *done

    def blocks(self) -> Iterator[Sequence[object]]:
        """Texts for the newest only: nothing but the page of an AB reads them."""
        from processing.models.packing import Like, packed
        from processing.models.pour import copied

        text, oldest = copied(packed(SAMPLE.read_text(), Like.AB)), self.number * (1 - NEW)
        for pk, night, at, _ in self.jobs():
            yield (
                pk,
                f"{stamp(night, at)}.ab",
                night.pk,
                text if pk > oldest else "",
                f"{pk:064x}",
                SETUPS[at % len(SETUPS)],
            )

    def raws(self) -> Iterator[Sequence[object]]:
        """So many of each AB."""
        number = 0
        for pk, night, at, _ in self.jobs():
            name = stamp(night, at)
            for frame in range(RAWS):
                number += 1
                yield number, pk, f"{name[:-1]}{frame}"

    def attempts(self, certificates: dict[str, int]) -> Iterator[Sequence[object]]:
        """One job of each AB."""
        for pk, night, at, (state, reason) in self.jobs():
            told = sentence(state, reason, 0 if night.day == BAD_NIGHT else at)
            found = failure(state, reason, told)
            end = state, reason, told, found.fingerprint if found else ""
            yield pk, pk, night.pk, certificates[night.instrument], *end, *worked(pk, night, at, state)

    def events(self) -> Iterator[Sequence[object]]:
        """Those of the newest jobs."""
        steps = (("", "WAITING"), ("WAITING", "RUNNING"), ("RUNNING", "PROCESSED"), ("PROCESSED", "INGESTED"))
        number = 0
        for pk, night, at, _ in self.jobs(NEW):
            for old, new in steps:
                number += 1
                yield number, pk, f"{stamp(night, at)}.ab", old, new

    def ingested(self) -> Iterator[tuple[int, int, Night, int]]:
        """Number, job, date and place of what the newest good jobs brought to the archive."""
        good = (row for row in self.jobs(NEW) if row[3] == GOOD)
        for number, (pk, night, at, _) in enumerate(good, 1):
            yield number, pk, night, at

    def of_each(self, names: Sequence[tuple[str, str]]) -> Iterator[Sequence[object]]:
        """A row of each of these names and chips for each of the newest jobs that ran."""
        number = 0
        for pk, _, at, (state, _) in self.jobs(NEW):
            if state in {"INGESTED", "FAILED"}:
                for place, (name, chip) in enumerate(names):
                    number += 1
                    yield number, pk, name, chip, place, 20 + at % 17


SETUPS = ("RED580_1x1", "RED860_1x1", "BLUE437_1x1", "BLUE346_2x2", "DIC1_390+580")
RECIPE = "uves_obs_scired"
FAULTS = (
    "the order table does not fit the frame",
    "no signal in the slit",
    "the sky lines do not match the line table",
    "the flat field has no flux",
    "a spline did not converge",
    "the response curve has no such setting",
)
SCORED = [(f"dt_{name}", "") for name in ("bias", "flat", "order", "line")] + [("s2n", "REDL"), ("s2n", "REDU")]
MEASURED = [(name, chip) for name in ("qc_s2n", "mean_reduced") for chip in ("REDL", "REDU")]


def stamp(night: Night, at: int) -> str:
    """The name of an AB and of its first frame."""
    seconds = at * 4
    return f"{night.instrument}.{night.day}T{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.000"


def worked(pk: int, night: Night, at: int, state: str) -> Sequence[object]:
    """Token, owner, when the job was claimed and ended, seconds of its recipe: one of 24 workers after the other."""
    begun, took = at * 4, 60 + at % 40
    ended = r"\N" if state in {"WAITING", "RUNNING", "PROCESSED"} else clock(night, begun + took)
    if state in {"WAITING", "REJECTED", "SKIPPED"}:
        return r"\N", "", r"\N", ended, r"\N"
    return uuid.UUID(int=pk), f"night:boot:{at % 24}:1", clock(night, begun), ended, took


def clock(night: Night, seconds: int) -> str:
    """So long after the midnight that begins the date."""
    return f"{night.day} {seconds // 3600 % 24:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}+00"


def sentence(state: str, reason: str, at: int) -> str:
    """What is told of a job's end; recipes fail in several ways."""
    if state == "SKIPPED":
        return STOP
    return f"The recipe reported an error: {FAULTS[at % len(FAULTS)]}." if reason == "RECIPE_FAILED" else ""


@cache
def failure(state: str, reason: str, told: str) -> Kind | None:
    """The kind of a failure; None for jobs that did not fail."""
    return kind(JobState(state), Reason(reason), RECIPE, told) if state in TROUBLE else None


def failures() -> Iterator[Kind]:
    """All kinds that there are, each once."""
    every = (failure(*end, sentence(*end, at)) for end in ENDS for at in range(len(FAULTS)))
    yield from dict.fromkeys(found for found in every if found)
