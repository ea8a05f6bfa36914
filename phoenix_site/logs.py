"""What is logged, and in which form."""

from typing import Any


def logging_of(form: str, level: str) -> dict[str, Any]:
    """Django's LOGGING: everything to the console as `line` or `json`, from a level on."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s]: %(message)s",
                "()": "phoenix_site.utc.UtcFormatter",
            },
            "json": {
                "format": "%(levelname)s %(name)s %(process)d %(request_id)s %(message)s",
                "()": "pythonjsonlogger.json.JsonFormatter",
                "timestamp": True,
            },
        },
        "filters": {"request": {"()": "monitor.requests.WithRequest"}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": form, "filters": ["request"]}},
        # It writes a line for each message; the messages say nothing.
        "loggers": {"django-q": {"level": "WARNING"}},
        "root": {"handlers": ["console"], "level": level},
    }
