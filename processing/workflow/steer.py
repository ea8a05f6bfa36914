"""Steers campaigns: opens their dates a few at a time, pauses, resumes, cancels, and ends them."""

import socket
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Now

from processing.core.ab import AB
from processing.core.campaign import AHEAD, goes_on
from processing.core.certification import Refusal
from processing.core.states import (
    REASONS,
    UNFINISHED,
    CampaignKind,
    CampaignState,
    DateState,
    JobState,
    NotAllowed,
    Reason,
)
from processing.models import Campaign, Certificate, Event, Job, Worker
from processing.models.patience import patient
from processing.workflow import record
from processing.workflow.candidates import of_blocks, standings
from processing.workflow.choose import Judge, Verdict
from processing.workflow.wake import Stage, wake

BATCH = 2000
"""Jobs that are ended in one transaction."""
BATCHES = 5
"""Of them in one sweep: whose lease has passed does not wait for a large campaign to be given up."""
RESTING = (CampaignState.PAUSED, CampaignState.CANCELLED)


def drafts() -> QuerySet[Campaign]:
    """Those that wait for their jobs, the oldest first; a tree of files is on the host of whoever named it."""
    rows = Campaign.objects.filter(state=CampaignState.DRAFT, first__isnull=False)
    return rows.exclude(source=Campaign.Source.TREE).order_by("id")


def steer() -> int:
    """Bring every campaign on; safe to repeat at any time.  Returns the number of dates opened and jobs ended."""
    rows = Campaign.objects.exclude(kind=CampaignKind.DAY_TO_DAY).order_by("-priority", "id")
    waiting = Job.objects.filter(campaign=OuterRef("pk"), state=JobState.WAITING)
    for campaign in rows.filter(Exists(waiting.filter(due=True)), state__in=RESTING):
        withdraw(campaign)
    dropped = sum(drop(row) for row in rows.filter(Exists(waiting), state=CampaignState.CANCELLED))
    return dropped + sum(advance(row) for row in rows.filter(state=CampaignState.RUNNING))


def advance(campaign: Campaign) -> int:
    """Open dates of a campaign that runs, or end it if nothing is left; the number of dates opened."""
    slots = Worker.objects.all().alive().aggregate(all=Sum("slots"))["all"] or settings.WORKERS
    opened = 0
    # A few at a time: where nothing of a date can be run any more, the next sweep goes on.
    for _ in range(AHEAD):
        ours = Job.objects.filter(campaign=campaign, due=True, state__in=UNFINISHED)
        dates = ours.order_by().values("date").distinct().count()
        if not goes_on(dates, ours.filter(state=JobState.WAITING).count(), slots) or not open_next(campaign):
            break
        opened += 1
    if not opened:
        end(campaign)
    return opened


def open_next(campaign: Campaign) -> bool:
    """Open the first date in turn: its jobs are judged once more, and wait from now on; False if there is none."""
    put_off = Job.objects.filter(campaign=campaign, state=JobState.WAITING, due=False)
    first = put_off.order_by("turn").select_related("date").first()
    if first is None:
        return False
    jobs = {job.block_id: job for job in put_off.filter(date=first.date).select_related("block").defer("block__text")}
    judge, bound = Judge(campaign, thorough=True), []
    for one, verdict in judge.verdicts(of_blocks(Q(pk__in=list(jobs)), campaign, standings())):
        if certificate := settle(jobs[one.block], verdict):
            bound.append((jobs[one.block], judge.ab(one), certificate))
    bind(bound, judge)
    put_off.filter(date=first.date).update(due=True)
    date = first.date.fresh()
    if date.state == DateState.FINISHED:
        date.move(DateState.REGISTERED, f"the campaign {campaign} has come to it", finished=None)
    wake(Stage.PREPARE if date.state == DateState.REGISTERED else Stage.PROCESS)
    return True


def settle(job: Job, verdict: Verdict | None) -> Certificate | None:
    """The certificate under which a job runs, by the AB itself and by what others have done since; or it has ended."""
    if verdict is None or verdict.certificate is None or verdict.refusal:
        refusal = (verdict and verdict.refusal) or Refusal(Reason.NOT_CERTIFIED, "No certificate covers it any more.")
        job.end(verdict.state if verdict else JobState.REJECTED, refusal.reason, refusal.sentence)
        return None
    return verdict.certificate


def bind(bound: Sequence[tuple[Job, AB, Certificate]], judge: Judge) -> None:
    """Give jobs their certificates and association scores; the number of queries is that of certificates and scores."""
    jobs: dict[Certificate, list[int]] = defaultdict(list)
    for job, _, certificate in bound:
        jobs[certificate].append(job.pk)
    for certificate, some in jobs.items():
        Job.objects.filter(pk__in=some, state=JobState.WAITING, due=False).update(certificate=certificate)
    record.all_associations((job, ab, judge.value(certificate)) for job, ab, certificate in bound)


def withdraw(campaign: Campaign) -> None:
    """What has been opened and does not run goes back, so that its dates can close."""
    Job.objects.filter(campaign=campaign, state=JobState.WAITING, due=True).update(due=False)


def end(campaign: Campaign) -> bool:
    """A campaign of which no job is unfinished is done."""
    unfinished = Job.objects.filter(campaign=OuterRef("pk"), state__in=UNFINISHED)
    return campaign.move(CampaignState.DONE, "no job is unfinished", where=~Exists(unfinished), ended=Now())


def drop(campaign: Campaign) -> int:
    """End the jobs of a cancelled campaign that wait, with their events, as many as a sweep has time for."""
    done = 0
    for _ in range(BATCHES):
        number = drop_some(campaign)
        done += number
        if number < BATCH:
            break
    return done


@patient
def drop_some(campaign: Campaign) -> int:
    """One batch of them."""
    sentence = REASONS[Reason.CAMPAIGN_CANCELLED]
    changes = {"state": JobState.SKIPPED, "reason": Reason.CAMPAIGN_CANCELLED, "sentence": sentence, "ended": Now()}
    with transaction.atomic(durable=True):
        waiting = Job.objects.filter(campaign=campaign, state=JobState.WAITING).select_for_update(of=("self",))
        jobs = dict(waiting.order_by("pk").values_list("pk", "block__name")[:BATCH])
        Job.objects.filter(pk__in=list(jobs)).update(**changes)
        common = {"subject": Job.subject, "old": JobState.WAITING, "new": JobState.SKIPPED, "why": sentence}
        who = campaign.actor or socket.gethostname()
        Event.objects.bulk_create(Event(subject_id=pk, name=name, who=who, **common) for pk, name in jobs.items())
    return len(jobs)


def pause(campaign: Campaign, who: str, why: str) -> bool:
    """Nothing more of a campaign starts; what runs may end.  False if it does not run."""
    done = moved(campaign, CampaignState.PAUSED, who, why)
    if done:
        withdraw(campaign)
    return done


def resume(campaign: Campaign, who: str, why: str = "") -> bool:
    """Go on; False if it was not paused."""
    done = campaign.state == CampaignState.PAUSED and moved(campaign, CampaignState.RUNNING, who, why)
    if done:
        steer()
        wake(Stage.PROCESS, settings.WORKERS * 2)
    return done


def cancel(campaign: Campaign, who: str, why: str) -> bool:
    """Give a campaign up: jobs that wait are SKIPPED, what runs may end.  False if it has ended."""
    done = moved(campaign, CampaignState.CANCELLED, who, why, ended=Now())
    if done:
        withdraw(campaign)
        # A large one is left to the sweep: nobody waits for it at a page.
        drop_some(campaign)
    return done


def moved(campaign: Campaign, new: CampaignState, who: str, why: str, **changes: Any) -> bool:
    """Move it by a person's word; False if its state does not allow that.  ValueError for the day-to-day stream."""
    if campaign.endless:
        raise ValueError("the day-to-day stream is not paused or cancelled: `phoenix stop` stops an instrument")
    campaign.actor = who
    try:
        return campaign.move(new, why.strip(), **changes)
    except NotAllowed:
        return False
