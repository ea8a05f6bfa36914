"""`/tap/async`: queries that run by themselves, as UWS has it.  Who knows the id of one may see and change it."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from uuid import UUID

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from monitor.vo import asking, formats, runs
from monitor.vo.errors import BadQuery
from monitor.vo.rates import limited
from monitor.vo.requests import address, document, parameters, plain, public, refusal
from monitor.vo.tap import LONGER
from processing.core.states import QueryPhase
from processing.models import Query
from processing.models.queries import KEPT, OPEN

MOST_OPEN = 200
"""Queries that wait or run."""
LONGEST_WAIT = 20
"""Seconds that a client may wait for a change."""
UWS = ("PHASE", "WAIT", "ACTION", "RUNID", "DESTRUCTION", "EXECUTIONDURATION")


def see_other(request: HttpRequest, name: str, *parts: UUID) -> HttpResponse:
    """To the address where the result of an action shows."""
    # Some clients follow absolute addresses only.
    where = f"{address(request)}{reverse(f'vo:{name}', args=parts)}"
    return HttpResponseRedirect(where, status=HTTPStatus.SEE_OTHER)


def known(pk: UUID) -> Query:
    """The query, as it stands now; 404 if there is none."""
    query = Query.objects.filter(pk=pk, destruction__gt=timezone.now()).first()
    if query is None:
        raise Http404(f"There is no query {pk}.")
    query.lost()
    runs.wake(query)
    return query


@public("GET", "HEAD", "POST")
def everything(request: HttpRequest) -> HttpResponseBase:
    """A new query by POST.  The list is empty for everybody: an id is known to its author only."""
    return create(request) if request.method == "POST" else document(request, "jobs", {})


@limited
def create(request: HttpRequest) -> HttpResponseBase:
    """A new query."""
    if Query.objects.filter(phase__in=OPEN).count() >= MOST_OPEN:
        return refusal("Too many queries wait already; please try again later", HTTPStatus.SERVICE_UNAVAILABLE)
    given = parameters(request)
    kept = {name: value for name, value in given.items() if name in asking.KNOWN and name not in UWS}
    query = Query(parameters=kept, address=address(request), run_id=given.get("RUNID", "")[:64], seconds=longest())
    limit(query, given)
    query.save()
    steps(query, given)
    return see_other(request, "job", query.pk)


def longest() -> int:
    """Seconds that a query may run."""
    return int(settings.PHOENIX["TAP_SECONDS"]) * LONGER


def limit(query: Query, given: dict[str, str]) -> None:
    """Take over what the client wants of times, as far as it goes; raises `BadQuery` for what is no time."""
    if wanted := given.get("EXECUTIONDURATION"):
        if not (wanted.isascii() and wanted.isdigit()):
            raise BadQuery("EXECUTIONDURATION is a whole number of seconds")
        query.seconds = min(int(wanted[:9]) or longest(), longest())
    if wanted := given.get("DESTRUCTION"):
        try:
            moment = datetime.fromisoformat(wanted)
        except ValueError:
            raise BadQuery("DESTRUCTION is a time such as 2026-01-31T12:00:00Z") from None
        query.destruction = min(moment.replace(tzinfo=moment.tzinfo or UTC), timezone.now() + KEPT)


def steps(query: Query, given: dict[str, str]) -> None:
    """RUN or ABORT, if the client says so; what has ended stays as it is."""
    wanted = given.get("PHASE", "").upper()
    if wanted == "RUN":
        query.go(QueryPhase.QUEUED, QueryPhase.PENDING)
        runs.wake(query)
    elif wanted == "ABORT":
        query.end(QueryPhase.ABORTED)
    elif wanted:
        raise BadQuery("PHASE: there are RUN and ABORT")


@public("GET", "HEAD", "POST", "DELETE")
def one(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """A query with all that is known of it; WAIT waits for a change."""
    query, given = known(pk), parameters(request)
    if request.method == "DELETE" or (request.method == "POST" and given.get("ACTION", "").upper() == "DELETE"):
        query.end(QueryPhase.ABORTED)
        query.result.unlink(missing_ok=True)
        query.delete()
        return see_other(request, "jobs")
    if request.method == "POST":
        steps(query, given)
        return see_other(request, "job", pk)
    return document(request, "job", {"query": changed(query, given)})


def changed(query: Query, given: dict[str, str]) -> Query:
    """The query after its next change of phase, or after WAIT seconds."""
    wanted = given.get("WAIT", "0")
    try:
        seconds = float(wanted)
    except ValueError:
        raise BadQuery("WAIT is a number of seconds") from None
    if given.get("PHASE", query.phase) != query.phase:
        return query
    until = time.monotonic() + (min(seconds, LONGEST_WAIT) if seconds >= 0 else LONGEST_WAIT)
    before = query.phase
    while query.phase == before and query.phase in OPEN and time.monotonic() < until:
        time.sleep(0.1)
        query.refresh_from_db()
    return query


Part = Callable[[HttpRequest, Query], HttpResponseBase]


def shown(view: Part) -> Callable[[HttpRequest, UUID], HttpResponseBase]:
    """A part of a query that can only be looked at."""

    @public("GET", "HEAD")
    def answered(request: HttpRequest, pk: UUID) -> HttpResponseBase:
        return view(request, known(pk))

    return answered


def child(view: Part) -> Callable[[HttpRequest, UUID], HttpResponseBase]:
    """A part of a query; a POST changes the query and leads back to it."""

    @public("GET", "HEAD", "POST")
    def answered(request: HttpRequest, pk: UUID) -> HttpResponseBase:
        query, given = known(pk), parameters(request)
        if request.method != "POST":
            return view(request, query)
        limit(query, given)
        fresh = {name: value for name, value in given.items() if name in asking.KNOWN and name not in UWS}
        if fresh and query.phase != QueryPhase.PENDING:
            raise BadQuery("The parameters of a query cannot change once it was started")
        query.parameters |= fresh
        query.save(update_fields=["parameters", "seconds", "destruction"])
        steps(query, given)
        return see_other(request, "job", pk)

    return answered


@child
def phase(_request: HttpRequest, query: Query) -> HttpResponseBase:
    """Where it stands."""
    return plain(query.phase)


@shown
def nothing(_request: HttpRequest, _query: Query) -> HttpResponseBase:
    """Nobody owns a query, and nobody knows how long it will take."""
    return plain("")


@child
def duration(_request: HttpRequest, query: Query) -> HttpResponseBase:
    """Seconds that it may run."""
    return plain(str(query.seconds))


@child
def destruction(_request: HttpRequest, query: Query) -> HttpResponseBase:
    """When it is forgotten."""
    return plain(f"{query.destruction:%Y-%m-%dT%H:%M:%SZ}")


@child
def given(request: HttpRequest, query: Query) -> HttpResponseBase:
    """What was asked."""
    return document(request, "job_parameters", {"query": query})


@shown
def results(request: HttpRequest, query: Query) -> HttpResponseBase:
    """Where the answer is."""
    return document(request, "job_results", {"query": query})


@shown
def error(_request: HttpRequest, query: Query) -> HttpResponseBase:
    """Why there is no answer."""
    if query.phase != QueryPhase.ERROR:
        raise Http404("This query has no error.")
    return refusal(query.error, HTTPStatus.OK)


@shown
def result(_request: HttpRequest, query: Query) -> HttpResponseBase:
    """The answer."""
    if query.phase != QueryPhase.COMPLETED or not query.result.exists():
        raise Http404("This query has no answer.")
    form = formats.chosen(query.parameters.get("RESPONSEFORMAT") or query.parameters.get("FORMAT") or "votable")
    return FileResponse(query.result.open("rb"), content_type=form.content_type)
