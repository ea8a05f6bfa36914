"""What failures have in common: the phase, the recipe, and the message without what differs from one AB to the next."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from processing.core.states import REASONS, JobState, Reason


class Phase(StrEnum):
    """The part of an attempt that failed."""

    DOWNLOAD = "DOWNLOAD"
    PREPARE = "PREPARE"
    RECIPE = "RECIPE"
    SCORES = "SCORES"
    INGEST = "INGEST"
    WORKER = "WORKER"
    STOP = "STOP"
    PHOENIX = "PHOENIX"


_INGESTING = (JobState.INGEST_REJECTED, JobState.INGEST_FAILED)
_PHASES: Mapping[Reason, Phase] = {
    Reason.RAW_MISSING: Phase.DOWNLOAD,
    Reason.RAW_DAMAGED: Phase.DOWNLOAD,
    Reason.MISSING_CALIBRATION: Phase.PREPARE,
    Reason.SETTING_MISMATCH: Phase.PREPARE,
    Reason.NOT_CERTIFIED: Phase.PREPARE,
    Reason.RECIPE_FAILED: Phase.RECIPE,
    Reason.RECIPE_KILLED: Phase.RECIPE,
    Reason.OUT_OF_MEMORY: Phase.RECIPE,
    Reason.TIME_LIMIT: Phase.RECIPE,
    Reason.PRODUCTS_MISSING: Phase.RECIPE,
    Reason.NO_SIGNAL: Phase.SCORES,
    Reason.WORKER_LOST: Phase.WORKER,
    Reason.STOPPED_BY_OPERATOR: Phase.STOP,
}

DIGITS = 12
"""Of a fingerprint, hexadecimal: of a million kinds, two have the same one with a probability of 0.2 %."""
READ, KEPT = 4000, 500
"""Characters of a message that are looked at, and that are kept of it."""

_GAPS = re.compile(r"[\s\x00-\x1f\x7f]+")
# What stands in a name or a path; each pattern below begins where a run of these does, so that none is slow.
_RUN = r"\w.~+@%:/\-"
_ENDINGS = "fits|fit|tfits|fz|gz|ab|sof|paf|log|txt|json|toml|png|svg|tmp|part|draft"
# In this order: a file's name holds dates, dates hold numbers.
_PLACEHOLDERS = (
    (re.compile(r"\b[a-z][a-z0-9+.\-]*://[^\s'\"<>]+", re.IGNORECASE), "<url>"),
    (re.compile(r"(?<![\w.~:/>\-])~?/(?:[^\s'\",;:()<>]|:(?=[^\s'\"]))+"), "<path>"),
    (re.compile(rf"(?<![{_RUN}])[{_RUN}]+\.(?:{_ENDINGS})(?!\w)", re.IGNORECASE), "<file>"),
    (re.compile(r"\b[A-Z][A-Z0-9_]*\.\d{4}-\d\d-\d\dT[\d:.]*\d(?:_\w+)*"), "<file>"),
    # A worker: host, boot, process and its start.
    (re.compile(r"\b[\w.\-]+:[0-9a-f]{8}:\d+:\d+\.\d+"), "<worker>"),
    (re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE), "<token>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?(?:Z\b| UTC\b|[+\-]\d\d:?\d\d\b)?"), "<date>"),
    (re.compile(r"\b\d\d?:\d\d:\d\d(?:\.\d+)?\b"), "<date>"),
    (re.compile(r"\b0x[0-9a-f]+\b", re.IGNORECASE), "<hex>"),
    # But no number with an exponent.
    (re.compile(r"(?<![\w.])(?!\d+e(?:[+\-]|\d*\b))(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{8,}\b", re.IGNORECASE), "<hex>"),
    (re.compile(r"(?<![\w])[-+]?(?:nan|inf)\b", re.IGNORECASE), "<n>"),
    # Not the number of a rule, one capital letter before it; but those of a frame_0001, a CCD2, a binning of 1x2.
    (re.compile(r"(?:(?<=[A-Za-z_]{2})|(?<=\dx)|(?<![A-Za-z\d]))[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?"), "<n>"),
)


@dataclass(frozen=True)
class Kind:
    """A kind of failure; equal ones are one cluster."""

    phase: Phase
    recipe: str
    message: str
    """Normalised."""

    @property
    def fingerprint(self) -> str:
        """Short, and the same in every release that normalises alike."""
        return hashlib.sha256("\n".join((self.phase, self.recipe, self.message)).encode()).hexdigest()[:DIGITS]


def kind(state: JobState, reason: Reason, recipe: str, sentence: str) -> Kind:
    """The kind of a failure, by how its job ended; without a sentence the reason speaks."""
    return Kind(phase(state, reason), clean(recipe), normalised(sentence or REASONS.get(reason, state)))


def phase(state: JobState, reason: Reason) -> Phase:
    """Which part of the attempt failed; what is nobody else's fault is phoenix's own."""
    return Phase.INGEST if state in _INGESTING else _PHASES.get(reason, Phase.PHOENIX)


def normalised(message: str) -> str:
    """The message with placeholders for numbers, dates, names of files, paths, tokens and workers; at most `KEPT`."""
    text = clean(message)
    for pattern, placeholder in _PLACEHOLDERS:
        text = pattern.sub(placeholder, text)
    return text[:KEPT]


def clean(message: str) -> str:
    """As one line of text that any database can keep."""
    return _GAPS.sub(" ", message[:READ]).strip().encode(errors="replace").decode()
