"""`/tap/`: queries that are waited for, and what the service says of itself."""

import contextlib
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone

from monitor.vo import asking
from monitor.vo.catalogue import KEYS, SCHEMAS, TABLES
from monitor.vo.examples import EXAMPLES
from monitor.vo.formats import FORMATS
from monitor.vo.geometry import MEASURES, QUESTIONS, SHAPES
from monitor.vo.rates import limited
from monitor.vo.requests import address, document, parameters, public
from processing.models.queries import KEPT

STARTED = timezone.now()
LONGER = 10
"""Times as long as others may queries run that nobody waits for."""


class Pieces:
    """An answer in pieces; closing it gives the database back, also if nobody read a single piece."""

    def __init__(self, running: contextlib.ExitStack, pieces: Iterator[str]) -> None:
        self.running, self.pieces = running, pieces

    def __iter__(self) -> Iterator[str]:
        return self.pieces

    def close(self) -> None:
        """Once is enough, and more does no harm."""
        self.running.close()


@public("GET", "HEAD", "POST")
@limited
def sync(request: HttpRequest) -> HttpResponseBase:
    """The answer to a query, as it comes from the database."""
    asked = asking.read(parameters(request), address(request))
    with contextlib.ExitStack() as stack:
        pieces = stack.enter_context(asking.answered(asked, settings.PHOENIX["TAP_SECONDS"]))
        running = stack.pop_all()
    return StreamingHttpResponse(Pieces(running, pieces), content_type=asked.format.content_type)


@public("GET", "HEAD")
def capabilities(request: HttpRequest) -> HttpResponseBase:
    """What the service can."""
    limits = {"seconds": settings.PHOENIX["TAP_SECONDS"] * LONGER, "rows": settings.PHOENIX["TAP_ROWS"]}
    offered = {"geometry": sorted({*SHAPES, *QUESTIONS, *MEASURES}), "formats": FORMATS.values()}
    return document(request, "capabilities", {**limits, **offered, "kept": int(KEPT / timedelta(seconds=1))})


@public("GET", "HEAD")
def availability(request: HttpRequest) -> HttpResponseBase:
    """Whether it can be asked now."""
    try:
        connection.ensure_connection()
        available = True
    except Error:
        available = False
    return document(request, "availability", {"available": available, "since": STARTED})


@public("GET", "HEAD")
def tables(request: HttpRequest) -> HttpResponseBase:
    """Every table, as in TAP_SCHEMA."""
    listed = [{"name": n, "description": d, "tables": [*_tables(n)]} for n, d in SCHEMAS.items()]
    return document(request, "tables", {"schemas": listed})


def _tables(schema: str) -> Iterator[Mapping[str, Any]]:
    for table in TABLES:
        if table.schema == schema:
            facts = {"full_name": table.full_name, "description": table.description, "utype": table.utype}
            yield {**facts, "columns": table.columns, "keys": [key for key in KEYS if key.source == table.full_name]}


@public("GET", "HEAD")
def examples(request: HttpRequest) -> HttpResponseBase:
    """Queries to begin with."""
    return document(request, "examples", {"examples": EXAMPLES}, "application/xhtml+xml; charset=utf-8")
