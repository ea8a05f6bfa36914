"""`/api/`: the description of the API, pages to read it, and the help that problems point to."""

from http import HTTPStatus
from threading import Lock
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from monitor.api.problems import slug

# What to do, by status; the words that are no status are narrower kinds of one.
HELP = {
    slug(HTTPStatus.BAD_REQUEST): "A parameter or a field is unknown or wrong. `errors` names each of them.",
    slug(HTTPStatus.UNAUTHORIZED): "Log in, or send a token that is neither withdrawn nor expired.",
    slug(HTTPStatus.FORBIDDEN): "Your account or your token's role lacks the permission that `detail` names.",
    slug(HTTPStatus.NOT_FOUND): "There is nothing under this address, or the cursor was not made here.",
    slug(HTTPStatus.METHOD_NOT_ALLOWED): "The resource does not have this method. `Allow` says which it has.",
    "one-attempt": "An AB has one attempt in each campaign. Nothing brings a job back to the queue once its pipeline "
    "has been started; a re-processing campaign makes a new job.",
    slug(HTTPStatus.NOT_ACCEPTABLE): "Nothing fits `Accept`. Every resource speaks JSON; lists also speak CSV, NDJSON "
    "and VOTable.",
    slug(HTTPStatus.CONFLICT): "The rules of the thing itself do not allow it now. Read it again.",
    slug(HTTPStatus.PRECONDITION_FAILED): "It was changed since you read it. Read it again, then decide anew.",
    slug(HTTPStatus.PRECONDITION_REQUIRED): "Say in `If-Match` which version you have read: the `ETag` of the answer.",
    slug(HTTPStatus.REQUEST_ENTITY_TOO_LARGE): "Send less at once.",
    slug(HTTPStatus.UNSUPPORTED_MEDIA_TYPE): "Send `application/json`; ABs as `text/plain` or as files of a form.",
    slug(HTTPStatus.UNPROCESSABLE_ENTITY): "The body can be read, and cannot be done.",
    "idempotency-key": "An `Idempotency-Key` stands for one request for 24 hours. Use a new one for another request.",
    slug(HTTPStatus.TOO_MANY_REQUESTS): "You ask too often. `Retry-After` says how many seconds to wait.",
    slug(HTTPStatus.INTERNAL_SERVER_ERROR): "A failure of phoenix. Tell an administrator the `request_id`.",
}


@require_safe
def problems(request: HttpRequest) -> HttpResponse:
    """What each type of problem means, and what to do."""
    return render(request, "monitor/problems.html", {"problems": HELP})


MADE: list[dict[str, Any]] = []
MAKING = Lock()


class Once(SchemaGenerator):
    """Describes the API once in a process: that takes seconds, and threads that do it at the same time fail."""

    def get_schema(self, request: object = None, public: bool = False) -> dict[str, Any]:
        """The same for everybody, whatever version they ask for: there is one."""
        with MAKING:
            if not MADE:
                self.api_version = None
                MADE.append(super().get_schema(None, public))  # type: ignore[no-untyped-call] # it has no types
        return MADE[0]


class Description(SpectacularAPIView):
    """The description for programs, as YAML or JSON."""

    generator_class = Once


class Docs(SpectacularSwaggerSplitView):
    """The description to read and to try; the script is a file of its own, and everything is from this server."""

    template_name = "monitor/api_docs.html"
    url_name = "schema"
    permission_classes = ()
    authentication_classes = ()
