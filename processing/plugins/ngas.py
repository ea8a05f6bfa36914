"""What an NGAS server says of the files that it keeps: its status documents, and the CRC-32 of each file."""

import re
import zlib
from dataclasses import dataclass
from html import unescape
from http import HTTPStatus
from pathlib import Path
from typing import Self
from urllib.parse import urlencode

from processing.core.errors import Damaged, Halt, NotInArchive
from processing.plugins.download import BLOCK, OK, Visit, plain

# NGAS has no 404: the status is 400 and the reason is in the text.
UNKNOWN_FILE = "NGAMS_ER_UNAVAIL_FILE"
# Characters of NGAS's own words in a sentence of ours.
LONGEST_MESSAGE = 200


@dataclass(frozen=True, kw_only=True)
class Kept:
    """The newest version of a file, as NGAS has it."""

    version: int
    disk: str
    crc32: int | None
    """Unsigned; None for servers with another kind of checksum, which promise nothing that we could verify."""

    @classmethod
    def read(cls, text: str) -> Self:
        """From the answer to STATUS or to an upload."""
        version = attribute(text, "FileStatus", "FileVersion")
        return cls(
            version=int(version) if version.isdecimal() else 1,
            disk=attribute(text, "DiskStatus", "DiskId"),
            crc32=promised(text),
        )

    def is_of(self, file: Path) -> bool:
        """False if the file has another CRC-32 than NGAS keeps."""
        return self.crc32 is None or self.crc32 == crc32(file)


def find(visit: Visit, name: str) -> Kept | None:
    """What NGAS has under that name; None if nothing.  Halt if it does not say."""
    query = urlencode({"file_id": plain(name)})
    status, text = visit.text(f"{visit.server.url}/STATUS?{query}")
    if status == HTTPStatus.BAD_REQUEST and UNKNOWN_FILE in text:
        return None
    if status != OK or attribute(text, "Status", "Status") == "FAILURE":
        raise refused(visit, status, text, f"STATUS?{query}")
    return Kept.read(text)


def receive(visit: Visit, name: str, file: Path) -> None:
    """Fill the file; `NotInArchive`, or `Damaged` if it does not arrive whole.

    The checksum is asked for first and at each try, since a file may get a new version.
    """
    query = urlencode({"file_id": plain(name)})
    kept = find(visit, name)
    if kept is None:
        raise NotInArchive(f"{query} is not in the archive")
    status = visit.file(f"{visit.server.url}/RETRIEVE?{query}", file)
    if status != OK:
        raise visit.refusal(status, f"RETRIEVE?{query}")
    if not kept.is_of(file):
        raise Damaged("a file of the archive arrived with another CRC-32 than NGAS keeps")


def succeeded(status: int, text: str) -> bool:
    """NGAS may say FAILURE with HTTP 200."""
    return status == OK and attribute(text, "Status", "Status") == "SUCCESS"


def refused(visit: Visit, status: int, text: str, what: str) -> Halt:
    """An answer that is not the one asked for, with NGAS's own reason where it gives one."""
    said = message(text)
    return Halt(f"{visit.refusal(status, what)} ({said})") if said else visit.refusal(status, what)


def message(text: str) -> str:
    """What NGAS says in its own words, short and on one line."""
    words = unescape(attribute(text, "Status", "Message"))
    return "".join(sign if sign.isprintable() else " " for sign in words)[:LONGEST_MESSAGE]


def attribute(text: str, element: str, name: str) -> str:
    """Of the first such element of an NgamsStatus document that has it; empty if none has."""
    found = re.search(rf'<{element}\s(?:[^>]*\s)?{name}="([^"]*)"', text)
    return found[1] if found else ""


def promised(text: str) -> int | None:
    """The CRC-32 that NGAS keeps of a file, unsigned; old servers give it as a signed number."""
    value = attribute(text, "FileStatus", "Checksum")
    kind = attribute(text, "FileStatus", "ChecksumPlugIn").lower()
    is_crc32 = re.fullmatch(r"-?\d+", value) and (not kind or kind.endswith("crc32"))
    return int(value) % 2**32 if is_crc32 else None


def crc32(file: Path) -> int:
    """Of a file's content, unsigned."""
    value = 0
    with file.open("rb") as stream:
        while block := stream.read(BLOCK):
            value = zlib.crc32(block, value)
    return value
