"""The verb `tidy`: old events and logs go into files, and what nobody needs any more goes."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from processing.management.tokens import Answer
from processing.workflow.forget import forget
from processing.workflow.retain import Busy, Said, retain

Options = Mapping[str, Any]


def tidied(options: Options, say: Said) -> Answer:
    """What went, or would go; `say` is told of each file before.  CommandError if a file could not be written."""
    dry = options["dry_run"]
    try:
        files = retain(dry=dry, say=say)
    except (OSError, Busy) as error:
        raise CommandError(f"{error}; what is not in a file for sure is still in the database") from error
    numbers = {name: sum(row["rows"] for row in files if row["kind"] == name) for name in ("events", "logs")}
    value = {"dry_run": dry, "folder": str(settings.PHOENIX["HISTORY_DIR"]), **numbers, **forget(dry=dry)}
    return Answer({**value, "files": files}, [", ".join(f"{name} {told}" for name, told in value.items())])
