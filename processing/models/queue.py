"""The queue: which jobs may start now, and in which order; what a claim looks for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from processing.core.limits import places
from processing.core.states import CampaignState, CertificateState, DateState, JobState
from processing.models.among import Among
from processing.models.campaigns import HOUR, Campaign
from processing.models.certificates import Certificate
from processing.models.composed import ComposedObjects, Given
from processing.models.dates import ProcessingDate
from processing.models.instruments import Instrument, Open, done_in, held, in_time
from processing.models.stops import ALL, Stop

if TYPE_CHECKING:
    from processing.models.jobs import Job
    from processing.models.room import Room

FOREMOST = 16
"""Jobs of which a claim takes the first that no other has locked, before it looks at all; a host has one at a time."""
ALONG = ("campaign", "certificate", "date__instrument")
"""What comes with the row of a claim, which looks at it anyway; not the block, of which all that wait would be read."""


class Queue(models.QuerySet["Job"]):
    """Questions about the jobs that wait."""

    def startable(self, instruments: Iterable[Instrument]) -> "Queue":
        """WAITING jobs that nothing forbids to start, for instruments whose window is open."""
        scopes = (models.OuterRef("date__instrument"), ALL)
        ready = self.ready([row.pk for row in instruments])
        return ready.filter(~models.Exists(Stop.objects.active().filter(scope__in=scopes)))

    def ready(self, instruments: Sequence[Any]) -> "Queue":
        """WAITING jobs of these instruments, which are open and not stopped, that nothing else forbids to start."""
        return self.waiting().filter(
            date__state=DateState.PROCESSING,
            date__instrument__name__in=instruments,
            campaign__state=CampaignState.RUNNING,
            certificate__state=CertificateState.CERTIFIED,
        )

    def waiting(self) -> "Queue":
        """Those that wait for nothing of their own."""
        in_time = models.Q(not_before=None) | models.Q(not_before__lte=Now())
        return self.filter(in_time, state=JobState.WAITING, due=True)

    def unstopped(self, instrument: Any) -> "Queue":
        """All of these while no stop concerns the instrument; none otherwise."""
        return self.filter(~models.Exists(Stop.objects.all().of(instrument)))

    def running_on(self, instruments: Iterable[Instrument]) -> dict[str, int]:
        """How many jobs of each instrument run; one query."""
        running = self.filter(state=JobState.RUNNING, date__instrument__in=list(instruments)).order_by()
        return dict(running.values_list("date__instrument").annotate(models.Count("id")))

    def allowed(self, now: datetime, limited: Iterable[Campaign] | None = None) -> "Queue":
        """Those whose campaign's own window and rate let them start; `limited` are those that have them."""
        found = self
        for row in Campaign.objects.all().limited() if limited is None else limited:
            claims = self.model._default_manager.filter(campaign=row, claimed__gt=now - HOUR).order_by("-claimed")
            times = claims.values_list("claimed", flat=True)[: row.per_hour or 0]
            if row.rests([at for at in times if at], now):
                found = found.exclude(campaign=row)
            elif row.hours:
                found = found.filter(~models.Q(campaign=row) | held(row.hours, now))
        return found

    def in_turn(self) -> "Queue":
        """In the order in which jobs are taken, that of `processing.core.turn.key`."""
        return self.order_by("background", "-priority", "turn", "-expected_seconds", "id")

    def takeable(self, opened: Sequence[Open], *, overrun: bool = False) -> "Queue":
        """Those of these instruments that are ready, and done in time or may overrun, in turn.

        Locked until the transaction ends; those that others have locked are left out.
        """
        ready = self.ready([each.instrument for each in opened]).select_related(*ALONG)
        taken = ready.select_for_update(skip_locked=True, of=("self",)).in_turn()
        return taken if overrun else taken.filter(in_time(opened))

    def foremost(self, opened: Sequence[Open], *, overrun: bool = False) -> "Queue":
        """The first of these, found without the rows that belong to them.

        What waits may be thousands of jobs, and of each its certificate is long: nobody sorts these.
        """
        keys = models.Q(pk__in=[])
        for each in opened:
            dates = ProcessingDate.objects.filter(
                models.Q(instrument__name=each.instrument), state=DateState.PROCESSING
            )
            in_time = models.Q() if overrun else done_in(each.left, each.length)
            keys |= models.Q(Among("date_id", dates), in_time)
        found = self.waiting().filter(keys, Among("campaign_id", RUNNING), Among("certificate_id", CERTIFIED))
        return found.in_turn()[:FOREMOST]

    def next_of(self, rows: Iterable[Instrument], room: "Room | None" = None) -> "Job | None":
        """The first in turn that is done before its window closes, and has room; None if there is none to take.

        If the site allows it (`OVERRUN`), the first in turn rather than none.  Locked until the transaction ends.
        """
        if room and room.full:
            return None
        now = timezone.now()
        instruments, limited = self.with_places(rows)
        for overrun in (False, True) if settings.PHOENIX["OVERRUN"] else (False,):
            line = Line(self, [Open.now(row, now) for row in instruments], limited, now, overrun)
            if job := room.first(line.first, line.rows) if room else line.first():
                return job
        return None

    def with_places(self, instruments: Iterable[Instrument]) -> tuple[list[Instrument], list[Campaign]]:
        """Those of the instruments that may have one more job, and the campaigns that are limited.

        What is limited is locked until the transaction ends: two claims at once do not count the same place.
        """
        rows, limited = list(instruments), LIMITED.ask()
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


OPEN = ProcessingDate.objects.filter(state=DateState.PROCESSING).order_by()
RUNNING = Campaign.objects.filter(state=CampaignState.RUNNING).order_by()
CERTIFIED = Certificate.objects.filter(state=CertificateState.CERTIFIED).order_by()
LIMITED = ComposedObjects(lambda: Campaign.objects.all().limited())


@dataclass(frozen=True)
class Line:
    """What may be taken at one moment; nothing is asked before somebody wants to know."""

    jobs: Queue
    opened: Sequence[Open]
    limited: Sequence[Campaign]
    now: datetime
    overrun: bool = False

    def rows(self) -> Queue:
        """All of it."""
        return self.jobs.takeable(self.opened, overrun=self.overrun).allowed(self.now, self.limited)

    def first(self) -> "Job | None":
        """The head of it.  Of all jobs, if no campaign is limited, it is asked as it was composed once."""
        if self.limited or self.jobs.query.where or not self.opened:
            return self.rows().first()
        shape = tuple((each.left is None, each.length is None) for each in self.opened)
        given = {f"{part} {number}": v for number, o in enumerate(self.opened) for part, v in o._asdict().items()}
        found = head(self.jobs.model, shape, self.overrun).ask(**given)
        return found[0] if found else self.rows().first()


@cache
def head(model: type["Job"], shape: Sequence[tuple[bool, bool]], overrun: bool) -> "ComposedObjects[Job]":
    """The first in turn for windows of such a shape: whether each never closes, and takes nothing of any length."""
    opened = [
        Open(Given(f"instrument {i}"), None if endless else Given(f"left {i}"), None if old else Given(f"length {i}"))
        for i, (endless, old) in enumerate(shape)
    ]
    jobs = model.objects.all()
    first = partial(jobs.foremost, opened, overrun=overrun)
    return ComposedObjects(lambda: jobs.takeable(opened, overrun=overrun).filter(Among("pk", first()))[:1])
