"""Where the queue's messages travel: through the database, or through the Redis of PHOENIX_BROKER_URL."""

from typing import Any

from django.utils.module_loading import import_string


def broker(url: str) -> dict[str, Any]:
    """The broker's entry of Q_CLUSTER.  Raises `ImproperlyConfigured`, without the URL and its password."""
    if not url:
        return {"orm": "default", "broker_class": "processing.workflow.queues.ThroughDatabase"}
    # By its name: the client of Redis takes 6 MB of each process, and most sites do without.
    options = import_string("phoenix_site.throughredis.options_of")(url)
    return {"redis": options, "broker_class": "processing.workflow.redisqueues.ThroughRedis"}
