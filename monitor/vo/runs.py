"""Runs queries that nobody waits for, in threads of the web application.

Not in the queue: it wakes the processing of the night, names nothing, and its workers are busy with recipes for hours.
"""

import logging
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from django.db import connections
from django.db.models.functions import Now

from monitor.vo import asking
from monitor.vo.errors import BadQuery, Unanswered
from processing.core.states import QueryPhase
from processing.models import Query

logger = logging.getLogger(__name__)
THREADS = 2
POOL = ThreadPoolExecutor(THREADS, "query")
TAKEN: set[UUID] = set()
"""What waits or runs in this process."""
FAILED = "phoenix could not answer; the administrators find the cause in the log."


def wake(query: Query) -> None:
    """See that somebody runs a QUEUED query: asked at each look at it, so a restart of the server loses none."""
    if query.phase == QueryPhase.QUEUED and query.pk not in TAKEN:
        TAKEN.add(query.pk)
        POOL.submit(run, query.pk)


def run(pk: UUID) -> None:
    """Run it, unless somebody else does, and bring it to its end."""
    try:
        query = Query.objects.filter(pk=pk).first()
        if query and query.go(QueryPhase.EXECUTING, QueryPhase.QUEUED, started=Now()):
            finish(query)
    except Exception:  # the edge of a thread: nobody else would hear of it
        logger.exception("query %s", pk)
    finally:
        TAKEN.discard(pk)
        connections.close_all()


def finish(query: Query) -> None:
    """EXECUTING to COMPLETED or ERROR; an answer that was aborted meanwhile is thrown away."""
    try:
        write(query)
        done = query.go(QueryPhase.COMPLETED, QueryPhase.EXECUTING, ended=Now())
    except (BadQuery, Unanswered) as error:
        done = not query.end(QueryPhase.ERROR, str(error))
    except Exception:  # whatever it is, the query must not stay EXECUTING
        logger.exception("query %s", query.pk)
        done = not query.end(QueryPhase.ERROR, FAILED)
    if not done:
        query.result.unlink(missing_ok=True)


def write(query: Query) -> None:
    """The answer into its file."""
    asked = asking.read(query.parameters, query.address)
    query.result.parent.mkdir(parents=True, exist_ok=True)
    with asking.answered(asked, query.seconds) as pieces, query.result.open("w", encoding="utf-8", newline="") as file:
        for piece in pieces:
            file.write(piece)
            if not Query.objects.filter(pk=query.pk, phase=QueryPhase.EXECUTING).exists():
                return
