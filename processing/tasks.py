"""What the queue's messages wake: one workflow call each, for the next that is due."""

from processing.workflow import deliver as deliver_all
from processing.workflow import fill as fill_campaign
from processing.workflow import finish as finish_date
from processing.workflow import ingest as ingest_product
from processing.workflow import prepare as prepare_date
from processing.workflow import sweep as sweep_all
from processing.workflow.shift import shift


def prepare() -> bool:
    """Prepare the next date."""
    return prepare_date.prepare()


def process() -> bool:
    """Process the next jobs for a while, and ingest what they made."""
    return shift()


def ingest() -> int:
    """Ingest the next products."""
    return ingest_product.ingest()


def finish() -> bool:
    """Finish the next date."""
    return finish_date.finish()


def fill() -> bool:
    """Give the next campaign that was asked for its jobs."""
    return fill_campaign.fill_next()


def sweep() -> dict[str, int]:
    """Wake whatever is due, and tell the channels."""
    return sweep_all.sweep() | {"delivered": deliver_all.deliver()}
