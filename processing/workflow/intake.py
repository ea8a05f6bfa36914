"""What becomes of the bytes of an AB file: registered, known before, or refused with line and reason."""

from dataclasses import asdict, dataclass
from typing import Any

from processing.core.ab import decode
from processing.core.errors import BadAB
from processing.core.states import JobState
from processing.workflow.register import judge, register


@dataclass(frozen=True)
class Outcome:
    """What became of one AB file: REGISTERED, UNCHANGED (known before), or REFUSED with line and reason."""

    file: str
    result: str
    name: str = ""
    state: str = ""
    reason: str = ""
    sentence: str = ""
    line: int = 0

    @property
    def refused(self) -> bool:
        """True if nothing was stored."""
        return self.result == "REFUSED"

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def register_content(content: bytes, file: str) -> Outcome:
    """Register one AB from its bytes; what cannot be read is refused, never raised."""
    try:
        done = register(decode(content, file), file)
    except BadAB as bad:
        return Outcome(file, "REFUSED", reason="MALFORMED", sentence=bad.reason, line=bad.line)
    job = done.job
    result = "REGISTERED" if done.created else "UNCHANGED"
    return Outcome(file, result, job.block.name, str(job.state), str(job.reason), job.sentence)


def judge_content(content: bytes, file: str) -> Outcome:
    """What `register_content` would answer, with nothing stored."""
    try:
        name, refusal, known = judge(decode(content, file), file)
    except BadAB as bad:
        return Outcome(file, "REFUSED", reason="MALFORMED", sentence=bad.reason, line=bad.line)
    if known or refusal is None:
        return Outcome(file, "UNCHANGED" if known else "REGISTERED", name, "" if known else JobState.WAITING)
    return Outcome(file, "REGISTERED", name, JobState.REJECTED, str(refusal.reason), refusal.sentence)
