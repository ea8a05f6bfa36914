"""Errors named by what happens next."""

from processing.core.states import Reason


class ABFailed(Exception):
    """This AB is over; its processing date goes on."""

    def __init__(self, reason: Reason, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason
        self.sentence = sentence


class Halt(Exception):
    """The surroundings are broken: no AB fails, the instrument waits until they are mended."""


class HostHalt(Halt):
    """The surroundings of this host alone are broken, such as its disk; other hosts may go on."""


class NotInArchive(Exception):
    """The archive answers, and has no file of that name."""


class Damaged(Exception):
    """The archive answers, and what it sends is not whole: the next time it may be."""


class BadAB(Exception):
    """An AB text that cannot be read: file, line (from 1; 0 for the file as a whole) and reason."""

    def __init__(self, file: str, line: int, reason: str) -> None:
        super().__init__(f"{file}:{line}: {reason}" if line else f"{file}: {reason}")
        self.file = file
        self.line = line
        self.reason = reason


class ReviewRefused(Exception):
    """A step in the life of a certificate that its rules do not allow: four eyes, frozen, replaced, unexplained."""


class NotWithdrawn(Exception):
    """The product archive keeps a file that was to be taken back, and will not let it go another time either."""
