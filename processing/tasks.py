"""What the queue's messages wake: one workflow call each, for the next that is due."""

from processing.workflow import deliver as deliver_all
from processing.workflow import fill as fill_campaign
from processing.workflow import finish as finish_date
from processing.workflow import ingest as ingest_product
from processing.workflow import prepare as prepare_date
from processing.workflow import process as process_job
from processing.workflow import sweep as sweep_all
from processing.workflow.wake import Stage, wake


def prepare() -> bool:
    """Prepare the next date."""
    return prepare_date.prepare()


def process() -> bool:
    """Process the next job, and ingest: products must not queue behind the messages of all jobs that still wait."""
    done = process_job.process()
    if done and Stage.INGEST.here:
        ingest_product.ingest()
    elif done:
        wake(Stage.INGEST)
    return done


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
