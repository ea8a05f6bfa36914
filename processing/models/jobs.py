"""Jobs: one AB in one campaign, which is its one attempt."""

import uuid
from collections.abc import Iterable
from datetime import date, datetime
from itertools import starmap
from typing import Any, ClassVar, NamedTuple

from django.conf import settings
from django.db import models, transaction
from django.db.models.functions import Now
from django.utils import timezone

from processing.core.fingerprint import kind
from processing.core.limits import Offer, places
from processing.core.states import (
    JOB_MOVES,
    TROUBLE,
    UNFINISHED,
    CampaignState,
    CertificateState,
    DateState,
    JobState,
    Reason,
)
from processing.models.blocks import AssociationBlock
from processing.models.campaigns import HOUR, Campaign
from processing.models.certificates import Certificate
from processing.models.dates import ProcessingDate
from processing.models.failures import Cluster
from processing.models.instruments import Instrument, held, in_time
from processing.models.leases import Leased, lease_end
from processing.models.moves import ALWAYS, Condition, Moving
from processing.models.room import Room
from processing.models.stops import ALL, Stop

ALONG = ("campaign", "certificate", "date__instrument")
"""What comes with the row of a claim, which looks at it anyway; not the block, of which all that wait would be read."""


class Counted(NamedTuple):
    """The failures of one kind on one instrument."""

    fingerprint: str
    instrument: str
    number: int
    fresh: int
    """Those that nobody has acknowledged."""
    first: date
    """The earliest DFO date."""
    last: date
    newest: int
    """The id of the job that was registered last."""


class JobQuerySet(models.QuerySet["Job"]):
    """Questions about jobs, and the claim."""

    def startable(self, instruments: Iterable[Instrument]) -> "JobQuerySet":
        """WAITING jobs that nothing forbids to start, for instruments whose window is open."""
        scopes = (models.OuterRef("date__instrument"), ALL)
        return self.ready(instruments).filter(~models.Exists(Stop.objects.active().filter(scope__in=scopes)))

    def ready(self, instruments: Iterable[Instrument]) -> "JobQuerySet":
        """WAITING jobs of these instruments, which are open and not stopped, that nothing else forbids to start."""
        return self.filter(
            models.Q(not_before=None) | models.Q(not_before__lte=Now()),
            state=JobState.WAITING,
            due=True,
            date__state=DateState.PROCESSING,
            date__instrument__in=[row.pk for row in instruments],
            campaign__state=CampaignState.RUNNING,
            certificate__state=CertificateState.CERTIFIED,
        )

    def unstopped(self, instrument: str) -> "JobQuerySet":
        """All of these while no stop concerns the instrument; none otherwise."""
        return self.filter(~models.Exists(Stop.objects.all().of(instrument)))

    def running_on(self, instruments: Iterable[Instrument]) -> dict[str, int]:
        """How many jobs of each instrument run; one query."""
        running = self.filter(state=JobState.RUNNING, date__instrument__in=list(instruments)).order_by()
        return dict(running.values_list("date__instrument").annotate(models.Count("id")))

    def allowed(self, now: datetime, limited: Iterable[Campaign] | None = None) -> "JobQuerySet":
        """Those whose campaign's own window and rate let them start; `limited` are those that have them."""
        found = self
        for row in Campaign.objects.all().limited() if limited is None else limited:
            claims = Job.objects.filter(campaign=row, claimed__gt=now - HOUR).order_by("-claimed")
            times = claims.values_list("claimed", flat=True)[: row.per_hour or 0]
            if row.rests([at for at in times if at], now):
                found = found.exclude(campaign=row)
            elif row.hours:
                found = found.filter(~models.Q(campaign=row) | held(row.hours, now))
        return found

    def in_turn(self) -> "JobQuerySet":
        """In the order in which jobs are taken, that of `processing.core.turn.key`."""
        return self.order_by("background", "-priority", "turn", "-expected_seconds", "id")

    def next_of(self, rows: Iterable[Instrument], room: Room | None = None) -> "Job | None":
        """The first in turn that is done before its window closes, and has room; None if there is none to take.

        If the site allows it (`OVERRUN`), the first in turn rather than none.  Locked until the transaction ends.
        """
        first = room.first if room else JobQuerySet.first
        now = timezone.now()
        instruments, limited = self.with_places(rows)
        ready = self.ready(instruments).allowed(now, limited).select_related(*ALONG)
        queue = ready.select_for_update(skip_locked=True, of=("self",)).in_turn()
        job = first(queue.filter(in_time(instruments, now)))
        return first(queue) if job is None and settings.PHOENIX["OVERRUN"] else job

    def with_places(self, instruments: Iterable[Instrument]) -> tuple[list[Instrument], list[Campaign]]:
        """Those of the instruments that may have one more job, and the campaigns that are limited.

        What is limited is locked until the transaction ends: two claims at once do not count the same place.
        """
        rows, limited = list(instruments), list(Campaign.objects.all().limited())
        # NO KEY: who registers a date of an instrument, or a job of a campaign, does not wait for a claim.
        if rated := [campaign.pk for campaign in limited if campaign.per_hour is not None]:
            locked = Campaign.objects.filter(pk__in=rated).order_by("pk").select_for_update(no_key=True)
            list(locked.values_list("pk"))
        counted = [row.pk for row in rows if row.most_jobs is not None]
        if not counted:
            return rows, limited
        list(Instrument.objects.filter(pk__in=counted).select_for_update(no_key=True).order_by("pk").values_list("pk"))
        running = self.running_on(rows)
        return [row for row in rows if places(row.most_jobs, running.get(row.pk, 0))], limited

    def failed(self) -> "JobQuerySet":
        """Those that ended in trouble; only they have a fingerprint."""
        return self.exclude(fingerprint="")

    def by_kind(self) -> list[Counted]:
        """The failures among these, per fingerprint and instrument; one query."""
        numbers = {
            "number": models.Count("id"),
            "fresh": models.Count("id", filter=models.Q(acknowledged=False)),
            "first": models.Min("date__date"),
            "last": models.Max("date__date"),
            "newest": models.Max("id"),
        }
        grouped = self.failed().order_by().values_list("fingerprint", "date__instrument")
        return list(starmap(Counted, grouped.annotate(**numbers)))

    def claim(self, owner: str, instruments: Iterable[Instrument], offer: Offer | None = None) -> "Job | None":
        """Take the next startable job for this process; None if there is none.

        It has room in what the owner's host offers; without an offer, room is not asked for.
        One short transaction; two processes never get the same job, on SQLite because writers wait for each
        other, on PostgreSQL because locked rows are skipped.
        """
        with transaction.atomic(durable=True):
            room = Room.locked(Job.objects.all(), owner, offer) if offer else None
            job = self.next_of(instruments, room)
            if job is None:
                return None
            job.token, job.owner = uuid.uuid4(), owner
            changes = {
                "state": JobState.RUNNING,
                "token": job.token,
                "owner": owner,
                "claimed": Now(),
                "lease": lease_end(),
            }
            # The row is ours until the end; what has just come into force for it is a stop.
            if not Job.objects.unstopped(job.date.instrument_id).filter(pk=job.pk, state=job.state).update(**changes):
                return None
            job.note(job.state, JobState.RUNNING, f"claimed by {owner}")
        job.state = JobState.RUNNING
        return job


class Job(Moving, Leased):
    """The one attempt of an AB in a campaign."""

    moves = JOB_MOVES
    subject: ClassVar[str] = "job"
    repeated: ClassVar[frozenset[JobState]] = frozenset({JobState.INGESTED})

    # Those that have no index of their own are the first column of another.
    block = models.ForeignKey(AssociationBlock, on_delete=models.PROTECT, related_name="jobs", db_index=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="jobs", db_index=False)
    date = models.ForeignKey(ProcessingDate, on_delete=models.PROTECT, related_name="jobs", db_index=False)
    certificate = models.ForeignKey(Certificate, on_delete=models.PROTECT, null=True, blank=True, related_name="jobs")
    state = models.CharField(max_length=16, choices=[(s, s) for s in JobState], default=JobState.WAITING)
    reason = models.CharField(max_length=24, blank=True, choices=[(r, r) for r in Reason if r])
    sentence = models.TextField(blank=True)
    priority = models.SmallIntegerField(default=0)
    background = models.BooleanField(default=False, help_text="Of a campaign: the day-to-day stream goes first")
    due = models.BooleanField(default=True, help_text="False while its campaign has not come to its date")
    turn = models.IntegerField(default=0, help_text="The place of its date, the lower the earlier")
    expected_seconds = models.FloatField(default=60.0, help_text="Predicted time on a worker, the median")
    late_seconds = models.FloatField(default=216.0, help_text="The time in which 9 of 10 such jobs are done")
    token = models.UUIDField(null=True, unique=True, editable=False)
    registered = models.DateTimeField(auto_now_add=True)
    transfers = models.PositiveSmallIntegerField(default=0, help_text="Tries at which a file did not arrive whole")
    not_before = models.DateTimeField(null=True, blank=True, help_text="When its files are fetched again")
    claimed = models.DateTimeField(null=True, blank=True)
    started = models.DateTimeField(null=True, blank=True, help_text="When the pipeline process was started")
    processed = models.DateTimeField(null=True, blank=True)
    ended = models.DateTimeField(null=True, blank=True)
    exit_code = models.IntegerField(null=True, blank=True)
    seconds = models.FloatField(null=True, blank=True, help_text="Wall-clock time of the recipe")
    cpu_seconds = models.FloatField(null=True, blank=True)
    memory = models.BigIntegerField(null=True, blank=True, help_text="Peak resident memory of the recipe in bytes")
    software = models.CharField(max_length=64, blank=True, help_text="Pipeline and version that ran")
    association_flags = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Flagged association bits")
    processing_flags = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Flagged processing bits")

    fingerprint = models.CharField(max_length=12, blank=True, editable=False, help_text="Of the kind of its failure")
    acknowledged = models.BooleanField(default=False, help_text="Whether a person has acknowledged its failure")

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=("block", "campaign"), name="one_attempt_per_ab_and_campaign"),)
        indexes = (
            models.Index(fields=("date", "state"), name="job_by_date_and_state"),
            models.Index(fields=("ended",), name="job_ended"),
            # What a campaign opens next, and what is open: both few, among all that wait.
            models.Index(
                fields=("campaign", "turn"), condition=models.Q(state="WAITING", due=False), name="job_to_open"
            ),
            models.Index(fields=("date",), condition=models.Q(state="WAITING", due=True), name="job_due"),
            models.Index(
                fields=("campaign", "claimed"),
                condition=models.Q(claimed__isnull=False),
                name="job_by_campaign_and_claim",
            ),
            models.Index(fields=("campaign", "state"), name="job_by_campaign_and_state"),
            # The list of a campaign: it does not begin where the jobs of all campaigns do.
            models.Index(fields=("campaign", "id"), name="job_by_campaign"),
            # No index by turn: where the open dates come late in it, a claim would read every job before them.
            models.Index(
                fields=("fingerprint", "acknowledged"), condition=~models.Q(fingerprint=""), name="job_by_fingerprint"
            ),
            # A few among a million: who counts them, or looks for those of a state, reads no others.
            models.Index(
                fields=("state", "date"), condition=models.Q(state__in=sorted(UNFINISHED)), name="job_unfinished"
            ),
        )

    def __str__(self) -> str:
        return self.block.name

    def used(self) -> list[tuple[str, str, bool]]:
        """(name, category, is a gencalib) of each calibration that the recipe gets."""
        return list(self.certificate.value.used(self.block.value)) if self.certificate else []

    @property
    def mine(self) -> models.Q:
        """The condition that this process still holds the claim."""
        return models.Q(token=self.token)

    def start(self) -> bool:
        """Note that the pipeline process is about to start: True once per job, ever, and only for its claimant.

        False also if a stop came after the claim: nothing new starts from that moment.
        """
        rows = Job.objects.unstopped(self.date.instrument_id).filter(self.mine, pk=self.pk, state=JobState.RUNNING)
        return bool(rows.filter(started=None).update(started=Now()))

    def give_back(self, why: str, where: Condition = ALWAYS, **more: Any) -> bool:
        """Return a claim untouched: allowed only while no process was started."""
        changes = {"token": None, "owner": "", "claimed": None, "lease": None, **more}
        return self.move(JobState.WAITING, why, where=models.Q(where, self.mine, started=None), **changes)

    def end(self, state: JobState, reason: Reason, sentence: str, where: Condition = ALWAYS) -> bool:
        """Move to a final state that is not a success, with its reason; trouble gets the fingerprint of its kind.

        The cluster of that kind is there before: whatever happens in between, no failure is without one.
        """
        where = models.Q(where, self.mine) if self.token else models.Q(where)
        changes: dict[str, Any] = {"reason": reason, "sentence": sentence, "ended": Now()}
        if state in TROUBLE:
            changes["fingerprint"] = Cluster.objects.remember(kind(state, reason, self.block.recipe, sentence))
        return self.move(state, sentence, where=where, **changes)
