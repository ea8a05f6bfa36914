"""What a campaign takes up, what it leaves and why, and when it goes on to its next date."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from processing.core.certification import Refusal
from processing.core.states import CampaignKind, JobState, Reason

AHEAD = 3
"""So many dates are open at once, so that the next is prepared while the last job of one still runs."""
MOST_OPEN = 30
"""Not more, even if they are too short to keep all workers busy: their calibrations are on disk."""
# An AB's text does not change, so what was wrong with it still is.
LASTING = frozenset({Reason.NOT_SCIENCE, Reason.RECIPE_NONE, Reason.VIRTUAL_CALIBRATION})
UNATTEMPTED = frozenset({JobState.REJECTED, JobState.SKIPPED})


@dataclass(frozen=True)
class Past:
    """How a job of an AB stands in another campaign."""

    campaign: str
    state: str
    reason: str = ""
    sentence: str = ""


@dataclass(frozen=True)
class Left:
    """An AB that a campaign does not run: how its job ends at once, and why."""

    state: JobState
    refusal: Refusal


def left_out(kind: CampaignKind, past: Sequence[Past], *, take_skipped: bool) -> Left | None:
    """Why an AB is not run, as far as its jobs in other campaigns tell, the newest last; None if they do not.

    A back-processing takes what nobody has attempted; a re-processing everything.
    """
    lasting = [one for one in past if one.state == JobState.REJECTED and one.reason in LASTING]
    if lasting:
        return Left(JobState.REJECTED, Refusal(Reason(lasting[-1].reason), lasting[-1].sentence))
    if kind != CampaignKind.BACK:
        return None
    attempted = [one for one in past if one.state not in UNATTEMPTED]
    if attempted:
        sentence = f"It is {attempted[-1].state} in {attempted[-1].campaign}."
        return Left(JobState.SKIPPED, Refusal(Reason.PROCESSED_BEFORE, sentence))
    if past and past[-1].reason == Reason.BACKLOG and not take_skipped:
        sentence = f"Skipped in {past[-1].campaign}, and this campaign takes up nothing that was skipped."
        return Left(JobState.SKIPPED, Refusal(Reason.BACKLOG, sentence))
    return None


def missing(first: date, last: date, there: Collection[date]) -> list[date]:
    """The days of a range, both ends included, for which there is no AB."""
    days = ((first + timedelta(days=n)) for n in range((last - first).days + 1))
    return [day for day in days if day not in there]


def spans(days: Iterable[date]) -> list[tuple[date, date]]:
    """Days as spans without gaps, first and last each; the days come in order."""
    found: list[tuple[date, date]] = []
    for day in days:
        if found and found[-1][1] + timedelta(days=1) == day:
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found


def goes_on(dates: int, waiting: int, slots: int) -> bool:
    """Whether a campaign opens its next date, with so many open and so many jobs that wait in them.

    The jobs of a few dates, or as many as there are workers if these are short: few dates are open at any time.
    """
    return dates < AHEAD or (waiting < slots and dates < MOST_OPEN)
