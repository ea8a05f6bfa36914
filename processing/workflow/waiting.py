"""Waiting because …: the one sentence for every job that has not started."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property

from django.conf import settings
from django.utils import timezone

from processing.core.limits import Need, Offer, Taken, unmet
from processing.core.roles import Role
from processing.core.states import CampaignState, CertificateState, DateState, JobState
from processing.core.turn import closing
from processing.models import Certificate, Hold, Instrument, Job, Stop, Worker
from processing.models.room import taken

UNPREPARED = (DateState.REGISTERED, DateState.PREPARING)


class Surroundings:
    """What jobs may wait for; shared by many jobs, everything is asked for once."""

    def __init__(self) -> None:
        self.now = timezone.now()
        self.gates: dict[str, str] = {}

    def gate(self, instrument: Instrument) -> str:
        """What keeps everything of an instrument from starting; empty if nothing does."""
        if instrument.pk not in self.gates:
            stops, holds = Stop.objects.all().of(instrument), Hold.objects.all().active().filter(instrument=instrument)
            self.gates[instrument.pk] = closed(instrument, stops, holds, self.now)
        return self.gates[instrument.pk]

    @cached_property
    def served(self) -> Collection[Role]:
        """The roles of all living workers."""
        return Worker.objects.all().alive().serving()

    def unserved(self, role: Role) -> str:
        """That nobody serves a role; empty if somebody does."""
        if not self.served:
            return "no worker is alive: none was heard of within the last minute (phoenix worker starts one)"
        return "" if role in self.served else unserved(role)

    @cached_property
    def open(self) -> list[Instrument]:
        """The instruments whose window is open."""
        return Instrument.objects.all().open_at(self.now)

    @cached_property
    def ahead(self) -> Mapping[int, int]:
        """How many startable jobs are taken before each one."""
        queue = Job.objects.all().startable(self.open).in_turn().values_list("pk", flat=True)
        return {pk: number for number, pk in enumerate(queue)}

    @cached_property
    def offers(self) -> Mapping[str, Offer]:
        """What each living host had for jobs at its last sign of life."""
        rows = Worker.objects.all().alive().filter(offer__isnull=False).values_list("host", "offer")
        return {host: Offer.read(told) for host, told in rows if told}

    @cached_property
    def running(self) -> Mapping[str, list[Taken]]:
        """What runs on each host."""
        return taken()

    def by_day(self, certificate: Certificate | None) -> str:
        """That no host starts such a job now, since all are at their daytime work; empty if one does."""
        need = certificate.need if certificate else Need()
        return self._everywhere(lambda offer, running: offer.refused(len(running), need))

    def no_room(self, certificate: Certificate | None) -> str:
        """What of every host keeps such a job from starting there; empty if it fits into one."""
        need = certificate.need if certificate else Need()
        return self._everywhere(lambda offer, running: unmet(offer, running, need))

    def _everywhere(self, refusal: Callable[[Offer, Sequence[Taken]], str]) -> str:
        said = {host: refusal(offer, self.running.get(host, [])) for host, offer in self.offers.items()}
        return "; ".join(f"on {host}, {why}" for host, why in said.items()) if all(said.values()) else ""


def unserved(role: Role) -> str:
    """That nobody serves a role, and what to do."""
    return f"no host serves the role {role} (phoenix worker --role {role} starts one that does)"


def closed(instrument: Instrument, stops: Iterable[Stop], holds: Iterable[Hold], now: datetime) -> str:
    """What keeps an instrument from starting anything, of its stops, holds and window; empty if nothing does."""
    return next(_gates(instrument, stops, holds, now), "")


def _gates(instrument: Instrument, stops: Iterable[Stop], holds: Iterable[Hold], now: datetime) -> Iterator[str]:
    for stop in stops:
        yield f"{stop.scope or 'everything'} is stopped since {stop.at:%Y-%m-%d %H:%M} UTC: {stop.reason}"
    for hold in holds:
        where = f" on {hold.host}" if hold.host else ""
        yield f"{instrument} is held{where} since {hold.at:%Y-%m-%d %H:%M} UTC: {hold.why}"
    hours = instrument.hours
    if not hours.is_open(now):
        yield f"the window {hours} is closed; it opens at {hours.next_opening(now):%Y-%m-%d %H:%M} UTC"


def why_waiting(job: Job, around: Surroundings | None = None) -> str:
    """What a WAITING job waits for, what will last longest first; a PROCESSED one for ingestion; empty for others."""
    if job.state == JobState.PROCESSED:
        none = (around or Surroundings()).unserved(Role.INGEST)
        return f"Waiting because {none}." if none else ""
    if job.state != JobState.WAITING:
        return ""
    found = obstacles(job, around or Surroundings())
    return next((f"Waiting because {one}." for one in found), "Waiting for its turn: it is next.")


def obstacles(job: Job, around: Surroundings) -> Iterator[str]:
    """What keeps a job from starting."""
    yield from lacks(job)
    if gate := around.gate(job.date.instrument):
        yield gate
    if job.date.state == DateState.HELD:
        yield f"{job.date} is held: {job.date.reason}"
    if none := around.unserved(Role.DOWNLOAD if job.due and job.date.state in UNPREPARED else Role.PROCESS):
        yield none
    if job.due and job.date.state != DateState.PROCESSING:
        yield f"{job.date} is {job.date.state}: its calibrations are not here yet"
    if job.not_before and job.not_before > around.now:
        yield f"a file did not arrive whole; it is fetched again at {job.not_before:%H:%M:%S} UTC"
    if over := too_long(job, around.now):
        yield over
    yield from crowd(job, around)


def crowd(job: Job, around: Surroundings) -> Iterator[str]:
    """Who else is on the machines, or comes first."""
    if by_day := around.by_day(job.certificate):
        yield by_day
    if ahead := around.ahead.get(job.pk):
        yield f"{ahead} {'job is' if ahead == 1 else 'jobs are'} ahead of it"
    if no_room := around.no_room(job.certificate):
        yield no_room


def too_long(job: Job, now: datetime) -> str:
    """That a job would not be done when its open window closes; empty if it would, and if the site does not mind."""
    hours = job.date.instrument.hours
    if settings.PHOENIX["OVERRUN"] or not hours.is_open(now) or closing(hours, now).holds(job.late_seconds):
        return ""
    return f"it may take {job.late_seconds / 60:.0f} min, and the window closes at {hours.closes:%H:%M} UTC"


def lacks(job: Job) -> Iterator[str]:
    """Which permission the job itself does not have."""
    if job.campaign.state != CampaignState.RUNNING:
        yield f"the campaign {job.campaign} is {job.campaign.state}"
    elif not job.due:
        yield f"the campaign {job.campaign} has not come to its date; it opens a few at a time"
    if job.certificate and job.certificate.state != CertificateState.CERTIFIED:
        yield f"the certificate {job.certificate} is {job.certificate.state}"
