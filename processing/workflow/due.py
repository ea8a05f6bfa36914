"""What could start now."""

from django.utils import timezone

from processing.core.states import DateState
from processing.models import Ingestion, Job, ProcessingDate
from processing.workflow import gate
from processing.workflow.prepare import waiting
from processing.workflow.steer import drafts
from processing.workflow.wake import Stage


def due() -> dict[Stage, int]:
    """How much work of each stage could start now."""
    instruments = gate.ready()
    dates = ProcessingDate.objects
    return {
        Stage.FINISH: dates.filter(state=DateState.FINISHING).count(),
        Stage.INGEST: Ingestion.objects.all().due().count(),
        Stage.PREPARE: waiting(instruments).count(),
        Stage.PROCESS: Job.objects.all().startable(instruments).allowed(timezone.now()).count(),
        Stage.FILL: drafts().count(),
    }
