"""Files of old rows: JSON lines, compressed in parts (members of gzip) of which each can be read by itself.

`zcat` reads a whole file.  A file is only ever replaced by a longer one that begins with the same bytes.
"""

import json
import os
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b, sha256
from pathlib import Path
from typing import IO, Any

GZIP = 31  # zlib's word for it
CHUNK = 1 << 14
BUFFER = 1 << 20
LARGEST = 1 << 26
"""Bytes of a part at most, when it is unpacked: a log and its headers, with every sign escaped, are a tenth."""
DRAFT = ".part"


class Broken(OSError):
    """A file is not what was written."""


@dataclass
class Content:
    """What a file has: where each of its lines is, how many there are, and one sum over all of them."""

    places: dict[bytes, int] = field(default_factory=dict)
    """By the digest of a line, where its part begins."""
    lines: int = 0
    sum: Any = field(default_factory=sha256)

    def note(self, place: int, lines: Sequence[bytes]) -> None:
        """Count a part."""
        for line in lines:
            self.places[digest(line)] = place
            self.sum.update(line + b"\n")
        self.lines += len(lines)

    def same(self, other: "Content") -> bool:
        """Whether both are the same lines in the same order."""
        return (self.lines, self.sum.digest()) == (other.lines, other.sum.digest())


def digest(line: bytes) -> bytes:
    """By which a line is found again."""
    return blake2b(line, digest_size=16).digest()


def content(file: Path) -> Content:
    """What a file has; nothing if it is not there.  Raises `Broken`."""
    found = Content()
    if file.exists():
        for place, lines in parts(file):
            found.note(place, lines)
    return found


def parts(file: Path) -> Iterator[tuple[int, list[bytes]]]:
    """Where each part begins, and its lines.  Raises `Broken`."""
    with file.open("rb", BUFFER) as stream:
        place = 0
        while stream.peek(1):  # type: ignore[attr-defined] # of a buffered reader
            text = unpacked(stream, file)
            yield place, text.splitlines()
            place = stream.tell()


def unpacked(stream: IO[bytes], file: Path) -> bytes:
    """The part that begins where a stream stands; afterwards it stands behind it.  Raises `Broken`."""
    engine, found = zlib.decompressobj(GZIP), bytearray()
    try:
        while not engine.eof:
            read = stream.read(CHUNK)
            found += engine.decompress(read, LARGEST - len(found))
            if not read or engine.unconsumed_tail:
                raise Broken(f"{file} is cut off, or has a part that is too large")
    except zlib.error as error:
        raise Broken(f"{file}: {error}") from error
    stream.seek(-len(engine.unused_data), os.SEEK_CUR)
    return bytes(found)


def read(file: Path, place: int) -> Mapping[str, Any]:
    """The first line of the part that begins at a place.  Raises OSError, `Broken` among them."""
    with file.open("rb") as stream:
        stream.seek(place)
        text = unpacked(stream, file)
    try:
        return dict(json.loads(text.split(b"\n", 1)[0]))
    except ValueError as error:
        raise Broken(f"{file}: {error}") from error


def add(file: Path, new: Iterable[Sequence[bytes]]) -> Content:
    """Add parts of lines to a file, or make it: whole, on the disk and read back, or not at all.

    Returns what the file has then; without new parts it stays as it is.  Raises OSError, `Broken` among them, and
    then the file is as it was.  Nobody else may add to it meanwhile.
    """
    wanted, draft = content(file), file.with_name(f".{file.name}{DRAFT}")
    before = wanted.lines
    try:
        write(draft, file, wanted, new)
        if wanted.lines == before:
            return wanted
        if not wanted.same(content(draft)):
            raise Broken(f"{draft} does not read as it was written")
        draft.replace(file)
        settle(file.parent)
    finally:
        draft.unlink(missing_ok=True)
    return wanted


def write(draft: Path, file: Path, wanted: Content, new: Iterable[Sequence[bytes]]) -> None:
    """A draft of the file with what is new behind it, on the disk; `wanted` notes what is added."""
    with draft.open("wb") as stream:
        if file.exists():
            with file.open("rb") as old:
                while chunk := old.read(BUFFER):
                    stream.write(chunk)
        for lines in new:
            wanted.note(stream.tell(), lines)
            engine = zlib.compressobj(9, zlib.DEFLATED, GZIP)
            stream.write(engine.compress(b"".join(line + b"\n" for line in lines)) + engine.flush())
        stream.flush()
        os.fsync(stream.fileno())


def settle(folder: Path) -> None:
    """Bring a rename to the disk."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
