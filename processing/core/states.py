"""The closed vocabulary of states and reasons, and which moves are allowed."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar


class JobState(StrEnum):
    """One AB in one campaign: its one attempt."""

    WAITING = "WAITING"
    RUNNING = "RUNNING"
    PROCESSED = "PROCESSED"
    INGESTED = "INGESTED"
    REJECTED = "REJECTED"
    SKIPPED = "SKIPPED"
    FAILED = "FAILED"
    TIMED_OUT = "TIMED_OUT"
    LOST = "LOST"
    STOPPED = "STOPPED"
    INGEST_REJECTED = "INGEST_REJECTED"
    INGEST_FAILED = "INGEST_FAILED"


class DateState(StrEnum):
    """One instrument's DFO date."""

    REGISTERED = "REGISTERED"
    PREPARING = "PREPARING"
    PROCESSING = "PROCESSING"
    FINISHING = "FINISHING"
    FINISHED = "FINISHED"
    HELD = "HELD"


class IngestState(StrEnum):
    """One product on its way into the archive."""

    QUEUED = "QUEUED"
    CONVERTED = "CONVERTED"
    VALIDATED = "VALIDATED"
    STORED = "STORED"
    REGISTERED = "REGISTERED"
    REJECTED = "REJECTED"
    RETRY_WAIT = "RETRY_WAIT"
    DEAD = "DEAD"
    DUPLICATE = "DUPLICATE"


class ProductState(StrEnum):
    """The standing of an archived product among its versions."""

    CURRENT = "CURRENT"
    OBSOLETE = "OBSOLETE"
    DEPRECATED = "DEPRECATED"


class CertificateState(StrEnum):
    """The life of a certificate; a certified one is frozen, a change is a new version."""

    DRAFT = "DRAFT"
    CERTIFIED = "CERTIFIED"
    SUSPENDED = "SUSPENDED"
    WITHDRAWN = "WITHDRAWN"


class CampaignState(StrEnum):
    """The day-to-day stream is always RUNNING; back- and re-processings come and go."""

    DRAFT = "DRAFT"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    DONE = "DONE"
    CANCELLED = "CANCELLED"


class CampaignKind(StrEnum):
    """Why a campaign processes ABs."""

    DAY_TO_DAY = "DAY_TO_DAY"
    BACK = "BACK"
    AGAIN = "AGAIN"


class ClusterState(StrEnum):
    """What a person has done about failures of one kind."""

    OPEN = "OPEN"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    HANDED_OVER = "HANDED_OVER"


class QueryPhase(StrEnum):
    """A query that runs by itself, in the words of UWS."""

    PENDING = "PENDING"
    QUEUED = "QUEUED"
    EXECUTING = "EXECUTING"
    COMPLETED = "COMPLETED"
    ERROR = "ERROR"
    ABORTED = "ABORTED"


class Reason(StrEnum):
    """Why a job ended as it did; `REASONS` says it in a sentence."""

    NONE = ""
    NOT_SCIENCE = "NOT_SCIENCE"
    RECIPE_NONE = "RECIPE_NONE"
    VIRTUAL_CALIBRATION = "VIRTUAL_CALIBRATION"
    NOT_CERTIFIED = "NOT_CERTIFIED"
    MISSING_CALIBRATION = "MISSING_CALIBRATION"
    DUPLICATE = "DUPLICATE"
    RAW_MISSING = "RAW_MISSING"
    RAW_DAMAGED = "RAW_DAMAGED"
    SETTING_MISMATCH = "SETTING_MISMATCH"
    RECIPE_FAILED = "RECIPE_FAILED"
    RECIPE_KILLED = "RECIPE_KILLED"
    OUT_OF_MEMORY = "OUT_OF_MEMORY"
    PRODUCTS_MISSING = "PRODUCTS_MISSING"
    NO_SIGNAL = "NO_SIGNAL"
    UNEXPECTED = "UNEXPECTED"
    TIME_LIMIT = "TIME_LIMIT"
    WORKER_LOST = "WORKER_LOST"
    STOPPED_BY_OPERATOR = "STOPPED_BY_OPERATOR"
    BACKLOG = "BACKLOG"
    PROCESSED_BEFORE = "PROCESSED_BEFORE"
    CAMPAIGN_CANCELLED = "CAMPAIGN_CANCELLED"
    IDP_RULES = "IDP_RULES"
    ARCHIVE_CONFLICT = "ARCHIVE_CONFLICT"
    INGEST_ATTEMPTS = "INGEST_ATTEMPTS"


REASONS: Mapping[Reason, str] = {
    Reason.NOT_SCIENCE: "The AB is not of science data.",
    Reason.RECIPE_NONE: "The AB names no recipe, so it is not meant to be processed.",
    Reason.VIRTUAL_CALIBRATION: "The AB needs a virtual calibration: one that was foreseen, but is not certified.",
    Reason.NOT_CERTIFIED: "The instrument mode is not phoenix certified.",
    Reason.MISSING_CALIBRATION: "A calibration that the recipe needs is missing.",
    Reason.DUPLICATE: "Another AB of this campaign has the same raw frames and recipe.",
    Reason.RAW_MISSING: "A raw frame is not in the archive.",
    Reason.RAW_DAMAGED: "A raw frame is damaged.",
    Reason.SETTING_MISMATCH: "Frames and calibrations are not of the same instrument setting.",
    Reason.RECIPE_FAILED: "The recipe reported an error.",
    Reason.RECIPE_KILLED: "The recipe crashed, or was ended by a signal from outside.",
    Reason.OUT_OF_MEMORY: "The recipe reached its memory limit, or the machine ran out of memory.",
    Reason.PRODUCTS_MISSING: "The recipe reported success, but an expected product is missing.",
    Reason.NO_SIGNAL: "The median order signal-to-noise ratio is below the gate on every chip.",
    Reason.UNEXPECTED: "phoenix itself failed; the traceback is in the log.",
    Reason.TIME_LIMIT: "The recipe reached its wall-clock limit.",
    Reason.WORKER_LOST: "The worker that had the job died or lost its lease.",
    Reason.STOPPED_BY_OPERATOR: "The instrument was stopped, and running jobs were to be ended.",
    Reason.BACKLOG: "Its time went by while the instrument was stopped; a resume owes no backlog.",
    Reason.PROCESSED_BEFORE: "Another campaign has it; a back-processing does nothing twice.",
    Reason.CAMPAIGN_CANCELLED: "Its campaign was cancelled before it started.",
    Reason.IDP_RULES: "The archive product breaks rules of the science data product standard.",
    Reason.ARCHIVE_CONFLICT: "The archive holds another file under the product's name.",
    Reason.INGEST_ATTEMPTS: "The archive refused the product on each of the allowed attempts.",
}

J, D, N, C = JobState, DateState, IngestState, CertificateState

# RUNNING -> WAITING exists only for a claim that is given back before any process was started.
JOB_MOVES: Mapping[JobState, frozenset[JobState]] = {
    J.WAITING: frozenset({J.RUNNING, J.REJECTED, J.SKIPPED}),
    J.RUNNING: frozenset({J.WAITING, J.PROCESSED, J.FAILED, J.TIMED_OUT, J.LOST, J.STOPPED}),
    J.PROCESSED: frozenset({J.INGESTED, J.INGEST_REJECTED, J.INGEST_FAILED}),
}

DATE_MOVES: Mapping[DateState, frozenset[DateState]] = {
    D.REGISTERED: frozenset({D.PREPARING}),
    D.PREPARING: frozenset({D.REGISTERED, D.PROCESSING, D.HELD}),
    D.PROCESSING: frozenset({D.FINISHING, D.HELD}),
    D.FINISHING: frozenset({D.FINISHED}),
    D.FINISHED: frozenset({D.REGISTERED}),
    D.HELD: frozenset({D.REGISTERED}),
}

INGEST_MOVES: Mapping[IngestState, frozenset[IngestState]] = {
    N.QUEUED: frozenset({N.CONVERTED, N.RETRY_WAIT, N.REJECTED}),
    N.CONVERTED: frozenset({N.VALIDATED, N.RETRY_WAIT, N.REJECTED}),
    N.VALIDATED: frozenset({N.STORED, N.RETRY_WAIT, N.REJECTED, N.DUPLICATE}),
    N.STORED: frozenset({N.REGISTERED, N.RETRY_WAIT, N.DUPLICATE}),
    N.RETRY_WAIT: frozenset({N.QUEUED, N.DEAD}),
}

# There is no way back to DRAFT: what was reviewed is frozen, a change is a new version.
CERTIFICATE_MOVES: Mapping[CertificateState, frozenset[CertificateState]] = {
    C.DRAFT: frozenset({C.CERTIFIED}),
    C.CERTIFIED: frozenset({C.SUSPENDED, C.WITHDRAWN}),
    C.SUSPENDED: frozenset({C.CERTIFIED, C.WITHDRAWN}),
}

CAMPAIGN_MOVES: Mapping[CampaignState, frozenset[CampaignState]] = {
    CampaignState.DRAFT: frozenset({CampaignState.RUNNING, CampaignState.CANCELLED}),
    CampaignState.RUNNING: frozenset({CampaignState.PAUSED, CampaignState.DONE, CampaignState.CANCELLED}),
    CampaignState.PAUSED: frozenset({CampaignState.RUNNING, CampaignState.CANCELLED}),
}

# New failures of a kind that is known are acknowledged again; there is no way back to OPEN.
CLUSTER_MOVES: Mapping[ClusterState, frozenset[ClusterState]] = {
    state: frozenset({ClusterState.ACKNOWLEDGED, ClusterState.HANDED_OVER}) for state in ClusterState
}

UNFINISHED = frozenset({J.WAITING, J.RUNNING, J.PROCESSED})
ENDED = frozenset(JobState) - UNFINISHED
# Ends that an operator should look at; REJECTED and SKIPPED are as intended.
TROUBLE = frozenset({J.FAILED, J.TIMED_OUT, J.LOST, J.STOPPED, J.INGEST_REJECTED, J.INGEST_FAILED})


S = TypeVar("S", bound=StrEnum)


class NotAllowed(Exception):
    """A change of state that the tables above do not have."""


def check_move(moves: Mapping[S, frozenset[S]], old: S, new: S) -> None:
    """Raise `NotAllowed` unless `moves` allows old -> new."""
    if new not in moves.get(old, frozenset()):
        raise NotAllowed(f"{old} -> {new}")
