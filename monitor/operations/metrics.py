"""`/metrics`: the measures in the format of Prometheus, for those who are logged in."""

from django.http import HttpResponse
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from monitor.api.views import Resource
from monitor.operations.measures import Measures


class Anything(JSONRenderer):
    """Takes whatever is asked for: the formats are the exposition's own; what it renders are problems."""

    media_type = "*/*"


class Metrics(Resource):
    """A scrape; Prometheus logs in by `basic_auth`."""

    renderer_classes = (Anything,)

    def get(self, request: Request) -> HttpResponse:
        """Every measure as it is now, in the text format or as OpenMetrics."""
        registry = CollectorRegistry(auto_describe=False)
        registry.register(Measures())
        encode, media_type = choose_encoder(request.headers.get("Accept", ""))
        return HttpResponse(encode(registry), content_type=media_type)
