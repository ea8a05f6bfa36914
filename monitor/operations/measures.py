"""What a Prometheus server may ask: a few numbers with few labels, counted when it asks."""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Count, Max, Min
from django.db.models.functions import Now
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily
from prometheus_client.metrics_core import Metric

from processing import control
from processing.core.roles import Role
from processing.core.states import UNFINISHED, DateState
from processing.models import Event, Hold, Ingestion, Job, ProcessingDate, Stop, Worker
from processing.models.products import PENDING

LATELY = timedelta(hours=1)


class Measures:
    """A collector of prometheus_client; nine queries, none of which looks at what has long ended."""

    def collect(self) -> Iterator[Metric]:
        """Every family once."""
        yield InfoMetricFamily("phoenix", "The release that answers", value={"version": control.VERSION})
        yield from unfinished()
        yield ended()
        yield from ingestions()
        yield dates()
        yield from workers()
        yield from kept()
        yield silence()


def unfinished() -> Iterator[Metric]:
    """Jobs that have not ended, and how long the oldest has been there."""
    number = GaugeMetricFamily("phoenix_jobs", "Jobs that have not ended", labels=["instrument", "state"])
    oldest = GaugeMetricFamily(
        "phoenix_job_oldest_seconds", "Age of the oldest job that has not ended", labels=["instrument", "state"]
    )
    rows = Job.objects.filter(state__in=sorted(UNFINISHED)).order_by().values_list("date__instrument", "state")
    now = timezone.now()
    for instrument, state, jobs, since in rows.annotate(Count("id"), Min("registered")):
        number.add_metric([instrument, state], jobs)
        oldest.add_metric([instrument, state], (now - since).total_seconds())
    yield from (number, oldest)


def ended() -> Metric:
    """The rate at which jobs end."""
    found = GaugeMetricFamily("phoenix_jobs_ended_last_hour", "Jobs that ended in the last hour", labels=["state"])
    rows = Job.objects.filter(ended__gt=Now() - LATELY).order_by().values_list("state")
    for state, jobs in rows.annotate(Count("id")):
        found.add_metric([state], jobs)
    return found


def ingestions() -> Iterator[Metric]:
    """Products on their way into the archive, and how long the oldest has been."""
    number = GaugeMetricFamily("phoenix_ingestions", "Products on their way into the archive", labels=["state"])
    oldest = GaugeMetricFamily("phoenix_ingestion_oldest_seconds", "Age of the oldest of them", labels=["state"])
    now = timezone.now()
    rows = Ingestion.objects.filter(state__in=PENDING).order_by().values_list("state")
    for state, items, since in rows.annotate(Count("id"), Min("queued")):
        number.add_metric([state], items)
        oldest.add_metric([state], (now - since).total_seconds())
    yield from (number, oldest)


def dates() -> Metric:
    """Processing dates that are open."""
    found = GaugeMetricFamily("phoenix_dates", "Processing dates that are not finished", labels=["state"])
    rows = ProcessingDate.objects.exclude(state=DateState.FINISHED).order_by().values_list("state")
    for state, number in rows.annotate(Count("id")):
        found.add_metric([state], number)
    return found


def workers() -> Iterator[Metric]:
    """Workers that live, their slots and roles, and the age of the last sign of life of any."""
    alive = list(Worker.objects.all().alive())
    yield GaugeMetricFamily("phoenix_workers", "Workers that were heard of in the last minute", value=len(alive))
    slots = sum(row.slots for row in alive)
    yield GaugeMetricFamily("phoenix_worker_slots", "Jobs that these can run at once", value=slots)
    serving = GaugeMetricFamily("phoenix_role_workers", "Workers that serve a role", labels=["role"])
    for role in Role:
        serving.add_metric([role], sum(role in row.role_names for row in alive))
    yield serving
    if seen := Worker.objects.aggregate(last=Max("seen"))["last"]:
        age = (timezone.now() - seen).total_seconds()
        yield GaugeMetricFamily("phoenix_worker_seconds", "Seconds since any worker was heard of", value=age)


def kept() -> Iterator[Metric]:
    """What keeps jobs from starting."""
    stops = GaugeMetricFamily("phoenix_stops", "Stops that last", labels=["scope"])
    for scope, number in Stop.objects.active().order_by().values_list("scope").annotate(Count("id")):
        stops.add_metric([scope], number)
    holds = GaugeMetricFamily("phoenix_holds", "Holds that last", labels=["instrument"])
    for instrument, number in Hold.objects.active().order_by().values_list("instrument").annotate(Count("id")):
        holds.add_metric([instrument], number)
    yield from (stops, holds)


def silence() -> Metric:
    """How long nothing has changed."""
    last = Event.objects.values_list("at", flat=True).first()
    age = (timezone.now() - last).total_seconds() if last else 0.0
    return GaugeMetricFamily("phoenix_event_seconds", "Seconds since anything changed its state", value=age)
