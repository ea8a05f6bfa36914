"""Jobs: one AB in one campaign, which is its one attempt."""

import uuid
from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache, partial
from itertools import starmap
from typing import Any, ClassVar, NamedTuple

from django.conf import settings
from django.db import models, transaction
from django.db.models.functions import Now

from processing.core.fingerprint import kind
from processing.core.limits import Offer
from processing.core.states import JOB_MOVES, TROUBLE, UNFINISHED, CampaignState, JobState, Reason
from processing.models.blocks import AssociationBlock
from processing.models.campaigns import Campaign
from processing.models.certificates import Certificate
from processing.models.composed import ComposedObjects, ComposedUpdate, Given
from processing.models.dates import ProcessingDate
from processing.models.failures import Cluster
from processing.models.holds import Hold
from processing.models.instruments import Instrument
from processing.models.leases import Leased, from_now
from processing.models.moves import ALWAYS, Condition, Moving
from processing.models.noted import told
from processing.models.queue import Queue
from processing.models.room import Room, host_of
from processing.models.shaped import prepared


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


class JobQuerySet(Queue):
    """Questions about jobs, and the claim."""

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
            room = Room.locked(owner, offer) if offer else None
            job = self.next_of(instruments, room)
            if job is None:
                return None
            job.token, job.owner = uuid.uuid4(), owner
            job.block = BLOCK.ask(pk=job.block_id)[0]
            given = job.told("pk", "token", "owner", instrument=job.date.instrument_id)
            # The row is ours until the end; what has just come into force for it is a stop.
            claimed = job.event(job.state, JobState.RUNNING, f"claimed by {owner}")
            if not told(taking(settings.PHOENIX["LEASE"]), given, claimed):
                return None
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
    waited = models.FloatField(null=True, blank=True, help_text="Seconds, with all its files, for its cores")
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

    def start(self, waited: float = 0.0) -> bool:
        """Note that the pipeline process is about to start: True once per job, ever, and only for its claimant.

        It has waited so many seconds since its files were there.

        False also if a stop, a hold, a pause or another window came after the claim: nothing new starts from then on.
        """
        instrument = self.date.instrument
        about = {
            "instrument": instrument.pk,
            "window": instrument.window,
            "host": host_of(self.owner),
            "waited": waited,
        }
        return bool(START.tell(**self.told("pk", "token", **about)))

    def told(self, *columns: str, **more: Any) -> dict[str, Any]:
        """Values of this row as the database takes them, and others."""
        return {name: prepared(Job, name, getattr(self, name)) for name in columns} | more

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


@cache
def taking(lease: float) -> ComposedUpdate:
    """The claim of one job, unless a stop concerns it; its lease has so many seconds."""
    rows = partial(Job.objects.unstopped, Given("instrument"))
    values = {"state": JobState.RUNNING, "token": Given("token"), "owner": Given("owner")}
    times = {"claimed": Now(), "lease": from_now(timedelta(seconds=lease))}
    return ComposedUpdate(lambda: rows().filter(pk=Given("pk"), state=JobState.WAITING), **values, **times)


BLOCK = ComposedObjects(lambda: AssociationBlock.objects.filter(pk=Given("pk")))
START = ComposedUpdate(
    lambda: Job.objects.unstopped(Given("instrument")).filter(
        ~models.Exists(Hold.objects.all().felt_on(Given("host")).filter(instrument=Given("instrument"))),
        models.Exists(Instrument.objects.filter(pk=Given("instrument"), window=Given("window"))),
        models.Exists(Campaign.objects.filter(pk=models.OuterRef("campaign"), state=CampaignState.RUNNING)),
        pk=Given("pk"),
        token=Given("token"),
        state=JobState.RUNNING,
        started=None,
    ),
    started=Now(),
    waited=Given("waited"),
)
