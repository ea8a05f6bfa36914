"""Puts a campaign together: what it would do, and its jobs, in bulk and by the date."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache, partial
from itertools import chain
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Count, Sum
from django.db.models.functions import Now
from django.utils import timezone

from processing.core.campaign import missing, spans
from processing.core.states import CampaignState, JobState, Reason
from processing.core.turn import turn
from processing.models import Campaign, Job, ProcessingDate, Product
from processing.models.alike import insert, weigh
from processing.models.census import take
from processing.workflow.candidates import Candidate, of_database, of_list
from processing.workflow.choose import Judge, Verdict
from processing.workflow.recount import keep
from processing.workflow.steer import drafts, steer
from processing.workflow.tree import of_tree
from processing.workflow.wake import Stage, wake

Said = Callable[[int], None]
FIRST = 4000
"""So many jobs are put in before the database looks at them, and then four times as many again and again."""
Row = Sequence[Any]


@dataclass
class Preview:
    """What a campaign would do, or has been given."""

    run: int = 0
    left: Counter[tuple[str, str]] = field(default_factory=Counter)
    """ABs that are not run, by state and reason."""
    outside: int = 0
    """ABs of other modes."""
    seconds: float = 0.0
    """The predicted time on a worker."""
    runs: Counter[str] = field(default_factory=Counter)
    """Those that run, by instrument."""
    days: dict[str, set[date]] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)
    """AB files with line and reason."""

    def count(self, one: Candidate, verdict: Verdict | None) -> None:
        """Note what became of an AB."""
        instrument = one.standing.instrument
        self.days.setdefault(instrument, set()).add(one.day)
        if verdict is None:
            self.outside += 1
        elif verdict.state == JobState.WAITING:
            self.run += 1
            self.runs[instrument] += 1
            self.seconds += verdict.expected.seconds
        else:
            reason = verdict.refusal.reason if verdict.refusal else Reason.NONE
            self.left[str(verdict.state), str(reason)] += 1

    @property
    def not_run(self) -> int:
        """How many are listed and not run."""
        return sum(self.left.values())

    def missing(self, campaign: Campaign) -> list[list[str]]:
        """Instrument, first and last day of each span of its dates without any AB."""
        if not campaign.first or not campaign.last:
            return []
        return [
            [name, start.isoformat(), end.isoformat()]
            for name in campaign.instruments
            for start, end in spans(missing(campaign.first, campaign.last, self.days.get(name, set())))
        ]

    def disk(self) -> float | None:
        """GB that the products will take, by those of jobs so far; None if there are none to tell by."""
        sizes = {name: job_size(name) for name in self.runs}
        if not self.runs or None in sizes.values():
            return None
        return sum((sizes[name] or 0.0) * number for name, number in self.runs.items()) / 1e9


def job_size(instrument: str) -> float | None:
    """Bytes of archive products of a job, on average of the last thousand; None without any."""
    newest = Product.objects.filter(job__date__instrument=instrument).order_by("-id").values("pk")[:1000]
    sums = Product.objects.filter(pk__in=list(newest.values_list("pk", flat=True))).aggregate(
        all=Sum("size"), jobs=Count("job", distinct=True)
    )
    return sums["all"] / sums["jobs"] if sums["jobs"] else None


def batches(campaign: Campaign, found: Preview, *, storing: bool) -> Iterator[list[Candidate]]:
    """The ABs of its source; those of a tree are registered on the way if they are to be stored."""
    if campaign.source == Campaign.Source.TREE:
        return of_tree(campaign, Path(campaign.names[0]), found.unreadable, storing=storing)
    return of_list(campaign) if campaign.source == Campaign.Source.LIST else of_database(campaign)


def preview(campaign: Campaign, said: Said | None = None) -> Preview:
    """What a campaign that is not saved would do."""
    found, judge = Preview(), Judge(campaign)
    for some in batches(campaign, found, storing=False):
        for one, verdict in judge.verdicts(some):
            found.count(one, verdict)
        if said:
            said(found.run + found.not_run)
    return found


def fill(campaign: Campaign, said: Said | None = None) -> Preview:
    """Give a draft its jobs and let it run; may be repeated, and then goes on where it was interrupted."""
    # Whoever made it has acted then, and not again now.
    campaign.actor = ""
    found, judge, weighed = Preview(), Judge(campaign), FIRST
    for some in batches(campaign, found, storing=True):
        pairs = judge.verdicts(some)
        for one, verdict in pairs:
            found.count(one, verdict)
        store(campaign, [(one, verdict) for one, verdict in pairs if verdict])
        listed = found.run + found.not_run
        if listed > weighed:
            weigh(Job)
            weighed = listed * 4
        if said:
            said(listed)
    weigh(Job)
    keep(campaign, take(campaign))
    why = f"{found.run} run, {found.not_run} do not, {found.outside} are of other modes"
    if campaign.move(CampaignState.RUNNING, why, begun=Now(), missing=found.missing(campaign)):
        steer()
        wake(Stage.PREPARE)
    return found


def fill_next() -> bool:
    """Fill the oldest draft whose source every host can read; False if there is none."""
    campaign = drafts().first()
    if campaign is None:
        return False
    fill(campaign)
    return True


def store(campaign: Campaign, judged: Iterable[tuple[Candidate, Verdict]]) -> None:
    """The jobs of one batch, all or none; those that are there stay as they are."""
    run: dict[Verdict, list[Row]] = defaultdict(list)
    over: list[Row] = []
    place = cache(partial(turn, newest_first=campaign.newest_first))
    for one, verdict in judged:
        row = one.block, one.date, place(one.day)
        # Few differ among those that run; of those that do not, each may have a sentence of its own.
        run[verdict].append(row) if verdict.state == JobState.WAITING else over.append((*row, *columns_of(verdict)))
    common = {"campaign": campaign, "priority": campaign.priority, "background": True, "due": False}
    with transaction.atomic():
        for verdict, rows in run.items():
            insert(Job(**common, **dict(zip(JUDGED, columns_of(verdict), strict=True))), PLACED, rows)
        insert(Job(**common, ended=timezone.now()), (*PLACED, *JUDGED), over)
        # What a finished date has counted is not all that it has any more.
        dates = {row[1] for row in chain(over, *run.values())}
        ProcessingDate.objects.filter(pk__in=dates, counts__isnull=False).update(counts=None)


PLACED = ("block_id", "date_id", "turn")
JUDGED = ("certificate_id", "state", "reason", "sentence", "expected_seconds", "late_seconds")


def columns_of(verdict: Verdict) -> Row:
    """Of a job that waits until the campaign comes to its date, or that has ended with its reason."""
    refusal, expected = verdict.refusal, verdict.expected
    return (
        verdict.certificate.pk if verdict.certificate else None,
        str(verdict.state),
        str(refusal.reason) if refusal else "",
        refusal.sentence if refusal else "",
        expected.seconds,
        expected.late,
    )
