"""Reads logs of any size: whole if they are small, else both ends and how much is left out."""

from pathlib import Path

# Bytes of a log that are read.  A recipe at work writes some 40 kB, one that has gone astray as much as the disk holds.
# Below what a job's log may have in the database, so that it is not shortened twice.
LIMIT = 400_000
LAST_WORDS = 4096


def read(file: Path) -> str:
    """The text of the file to its last line, or the halves of `LIMIT` from both of its ends; empty without the file.

    Any bytes are read: a program may write what it likes, and can be ended in the middle of a character.
    """
    if not file.exists():
        return ""
    with file.open("rb") as stream:
        size = file.stat().st_size
        if size <= LIMIT:
            return decoded(stream.read(LIMIT))
        first = stream.read(LIMIT // 2)
        stream.seek(-(LIMIT // 2), 2)
        last = stream.read(LIMIT // 2)
    return f"{decoded(first)}\n[… {size - len(first) - len(last)} bytes …]\n{decoded(last)}"


def tail(file: Path) -> str:
    """The last words: what a program said when it ended."""
    with file.open("rb") as stream:
        stream.seek(-min(LAST_WORDS, file.stat().st_size), 2)
        return decoded(stream.read(LAST_WORDS))


def decoded(content: bytes) -> str:
    """As text, whatever it is."""
    return content.decode(errors="replace")
