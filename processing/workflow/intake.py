"""What becomes of AB files, or of the bytes of one: registered, known before, or refused with line and reason."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from processing.core.ab import MAX_BYTES, decode
from processing.core.errors import BadAB
from processing.core.states import JobState
from processing.models.blocks import read
from processing.workflow.register import Given, Kept, judge, register_all

ABS, CHARACTERS = 1000, 10_000_000
"""Of one batch; whichever comes first ends it."""
USUAL = 2**16
"""Bytes; few AB files have more."""


class Outcome(NamedTuple):
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
        return self._asdict()


Batch = list[Given | Outcome]
"""AB files in their order, as they were read."""


def register_files(files: Iterable[Path]) -> Iterator[Outcome]:
    """Register AB files, so many at a time; a bad one does not keep the others, and memory does not grow with them."""
    return in_batches(opened(file) for file in files)


def register_contents(contents: Iterable[tuple[bytes, str]]) -> Iterator[Outcome]:
    """Register ABs from their bytes, each with the name of its source; what cannot be read is refused, never raised."""
    return in_batches(understood(content, file) for content, file in contents)


def register_content(content: bytes, file: str) -> Outcome:
    """Register one AB."""
    return next(register_contents([(content, file)]))


def in_batches(found: Iterable[Given | Outcome]) -> Iterator[Outcome]:
    """What becomes of each, in their order; each batch is one transaction.

    While the database stores one batch the next is read, and no other: both are all that is in memory.  Whoever
    breaks off waits for the files of that one.
    """
    waiting, none = batches(found), Batch()
    with ThreadPoolExecutor(1, "read ahead") as ahead:
        batch = next(waiting, none)
        while batch:
            following = ahead.submit(next, waiting, none)
            yield from outcomes(batch)
            batch = following.result()


def batches(found: Iterable[Given | Outcome]) -> Iterator[Batch]:
    """So many at a time."""
    batch = Batch()
    size = 0
    for one in found:
        batch.append(one)
        size += len(one.text) if isinstance(one, Given) else 0
        if len(batch) == ABS or size > CHARACTERS:
            yield batch
            batch, size = Batch(), 0
    if batch:
        yield batch


def outcomes(batch: Batch) -> list[Outcome]:
    """Register those that could be read."""
    done = iter(register_all([one for one in batch if isinstance(one, Given)]))
    return [outcome(one, next(done)) if isinstance(one, Given) else one for one in batch]


def outcome(one: Given, became: Kept | BadAB) -> Outcome:
    """As it is told."""
    if isinstance(became, BadAB):
        return refused(became)
    result = "REGISTERED" if became.created else "UNCHANGED"
    job = became.standing
    return Outcome(one.file, result, one.ab.name, job.state, job.reason, job.sentence)


def opened(file: Path) -> Given | Outcome:
    """An AB from its file."""
    try:
        with file.open("rb") as stream:
            # One byte more than allowed is enough to know; but to make room for so many takes longer than to read.
            content = stream.read(USUAL)
            content += stream.read(MAX_BYTES + 1 - USUAL) if len(content) == USUAL else b""
    except OSError as error:
        return Outcome(str(file), "REFUSED", reason="UNREADABLE", sentence=error.strerror or str(error))
    return understood(content, str(file))


def understood(content: bytes, file: str) -> Given | Outcome:
    """An AB from its bytes."""
    try:
        text = decode(content, file)
        return Given(read(text, file), text, file)
    except BadAB as bad:
        return refused(bad)


def refused(bad: BadAB) -> Outcome:
    """With line and reason; the name of the source is that which was given."""
    return Outcome(bad.file, "REFUSED", reason="MALFORMED", sentence=bad.reason, line=bad.line)


def judge_contents(contents: Iterable[tuple[bytes, str]]) -> Iterator[Outcome]:
    """What `register_contents` would answer, with nothing stored."""
    return (judge_content(content, file) for content, file in contents)


def judge_content(content: bytes, file: str) -> Outcome:
    """What would become of one AB."""
    try:
        name, refusal, known = judge(decode(content, file), file)
    except BadAB as bad:
        return refused(bad)
    if known or refusal is None:
        return Outcome(file, "UNCHANGED" if known else "REGISTERED", name, "" if known else JobState.WAITING)
    return Outcome(file, "REGISTERED", name, JobState.REJECTED, str(refusal.reason), refusal.sentence)
