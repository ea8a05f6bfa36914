"""How a state looks: a shape, a word and a tone, so that no state is told by its colour alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from processing.core.states import CertificateState, ClusterState, DateState, IngestState, JobState, ProductState


@dataclass(frozen=True)
class Mark:
    """The look of a state.  `shape` is a symbol of templates/monitor/shapes.svg, `tone` a colour of phoenix.css."""

    shape: str
    word: str
    tone: str


def _marks(shapes: Mapping[StrEnum, tuple[str, str]]) -> dict[str, Mark]:
    """The word is the state's own, in small letters."""
    return {state: Mark(shape, state.lower().replace("_", " "), tone) for state, (shape, tone) in shapes.items()}


J, D, N, P, C = JobState, DateState, IngestState, ProductState, CertificateState

# The order of bars and counters.
JOB_MARKS = _marks(
    {
        J.INGESTED: ("check", "done"),
        J.PROCESSED: ("forward", "near"),
        J.RUNNING: ("play", "running"),
        J.FAILED: ("cross", "failed"),
        J.TIMED_OUT: ("clock", "failed"),
        J.LOST: ("question", "failed"),
        J.STOPPED: ("square", "failed"),
        J.INGEST_REJECTED: ("cross", "failed"),
        J.INGEST_FAILED: ("cross", "failed"),
        J.REJECTED: ("empty", "rejected"),
        J.SKIPPED: ("slash", "skipped"),
        J.WAITING: ("dot", "waiting"),
    }
)
DATE_MARKS = _marks(
    {
        D.REGISTERED: ("dot", "waiting"),
        D.PREPARING: ("play", "running"),
        D.PROCESSING: ("play", "running"),
        D.FINISHING: ("forward", "near"),
        D.FINISHED: ("check", "done"),
        D.HELD: ("pause", "held"),
    }
)
INGEST_MARKS = _marks(
    {
        N.QUEUED: ("dot", "waiting"),
        N.CONVERTED: ("forward", "near"),
        N.VALIDATED: ("forward", "near"),
        N.STORED: ("forward", "near"),
        N.REGISTERED: ("check", "done"),
        N.REJECTED: ("cross", "failed"),
        N.RETRY_WAIT: ("clock", "held"),
        N.DEAD: ("cross", "failed"),
        N.DUPLICATE: ("empty", "rejected"),
    }
)
PRODUCT_MARKS = _marks(
    {P.CURRENT: ("check", "done"), P.OBSOLETE: ("slash", "skipped"), P.DEPRECATED: ("cross", "failed")}
)
CERTIFICATE_MARKS = _marks(
    {
        C.DRAFT: ("empty", "rejected"),
        C.CERTIFIED: ("check", "done"),
        C.SUSPENDED: ("pause", "held"),
        C.WITHDRAWN: ("cross", "failed"),
    }
)
CLUSTER_MARKS = _marks(
    {
        ClusterState.OPEN: ("cross", "failed"),
        ClusterState.ACKNOWLEDGED: ("check", "done"),
        ClusterState.HANDED_OVER: ("forward", "near"),
    }
)
FLAG_MARKS: Mapping[int | None, Mark] = {
    0: Mark("check", "good", "done"),
    1: Mark("flag", "flagged", "held"),
    None: Mark("empty", "not scored", "rejected"),
}
