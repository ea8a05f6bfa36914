"""`/healthz` and `/readyz`: for those who watch the web process, and those who send requests to it."""

from http import HTTPStatus
from typing import Any

from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Max
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from processing.models import Worker


@never_cache
@require_safe
def healthz(_request: HttpRequest) -> HttpResponse:
    """200 if the process answers; asks nobody else, so that a database that is away gets no web process killed."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def readyz(_request: HttpRequest) -> JsonResponse:
    """200 if pages can be answered, else 503 with what keeps them; how long ago a worker was heard of is only told.

    Without a worker the dashboard is needed most.
    """
    found = readiness()
    ready = found["database"] == "ok" and found["migrations"] == "ok"
    return JsonResponse(found, status=HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE)


def readiness() -> dict[str, Any]:
    """Whether the database answers and has the tables of this release, and the age of the last sign of a worker, in s.

    No word of the database's own: its errors may name hosts.
    """
    found: dict[str, Any] = {"database": "away", "migrations": "unknown", "worker_seconds": None}
    try:
        executor = MigrationExecutor(connection)
        found["database"] = "ok"
        found["migrations"] = "missing" if executor.migration_plan(executor.loader.graph.leaf_nodes()) else "ok"
        if found["migrations"] == "ok" and (seen := Worker.objects.aggregate(last=Max("seen"))["last"]):
            found["worker_seconds"] = round((timezone.now() - seen).total_seconds(), 1)
    except (DatabaseError, InterfaceError):
        connection.close()
        found["database"] = "away"
    return found
