"""An archive that is an NGAS server: files by their identifier alone, with the CRC-32 that it keeps of each."""

import re
import zlib
from functools import partial
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlencode

from processing.core.errors import Damaged, Halt, NotInArchive
from processing.core.ports import FileKind
from processing.plugins.download import BLOCK, OK, Limits, Server, Visit, plain
from processing.plugins.transfer import arrive

# NGAS has no 404: the status is 400 and the reason is in the text.
UNKNOWN_FILE = "NGAMS_ER_UNAVAIL_FILE"


class NgasArchive:
    """Options: `root`, `ngas://[user:password@]host:port`; the fields of `processing.plugins.download.Limits`."""

    def __init__(self, root: str, **limits: float) -> None:
        self.server = Server(root.replace("ngas:", "http:", 1), Limits(**limits))

    def fetch(self, kind: FileKind, name: str, to: Path) -> Path:
        """See `processing.core.ports.Archive`; NGAS does not tell kinds apart."""
        query = urlencode({"file_id": plain(name)})
        with self.server.transfer() as visit:
            return arrive(name, to, lambda file: visit.until_whole(partial(self.receive, visit, query, file)))

    def probe(self) -> None:
        """See `processing.core.ports.Archive`."""
        with self.server.glance() as visit:
            status, text = visit.text(f"{self.server.url}/STATUS")
        if status != OK:
            raise visit.refusal(status, "STATUS")
        if attribute(text, "Status", "Status") != "SUCCESS" or attribute(text, "Status", "State") == "OFFLINE":
            raise Halt(f"the archive {self.server.url} cannot be reached: NGAS is not online there")

    def receive(self, visit: Visit, query: str, file: Path) -> None:
        """Fill the file; the checksum is asked for first and at each try, since a file may get a new version."""
        status, text = visit.text(f"{self.server.url}/STATUS?{query}")
        if status == HTTPStatus.BAD_REQUEST and UNKNOWN_FILE in text:
            raise NotInArchive(f"{query} is not in the archive")
        if status != OK:
            raise visit.refusal(status, f"STATUS?{query}")
        status = visit.file(f"{self.server.url}/RETRIEVE?{query}", file)
        if status != OK:
            raise visit.refusal(status, f"RETRIEVE?{query}")
        check(text, file)


def attribute(text: str, element: str, name: str) -> str:
    """Of the first such element of an NgamsStatus document that has it; empty if none has."""
    found = re.search(rf'<{element}\s(?:[^>]*\s)?{name}="([^"]*)"', text)
    return found[1] if found else ""


def check(text: str, file: Path) -> None:
    """`Damaged` if the file has another CRC-32 than NGAS keeps; servers with another kind of checksum promise nothing.

    Old servers keep it as a signed number.
    """
    promised = attribute(text, "FileStatus", "Checksum")
    kind = attribute(text, "FileStatus", "ChecksumPlugIn").lower()
    is_crc32 = re.fullmatch(r"-?\d+", promised) and (not kind or kind.endswith("crc32"))
    if is_crc32 and int(promised) % 2**32 != crc32(file):
        raise Damaged("a file of the archive arrived with another CRC-32 than NGAS keeps")


def crc32(file: Path) -> int:
    """Of a file's content, unsigned."""
    value = 0
    with file.open("rb") as stream:
        while block := stream.read(BLOCK):
            value = zlib.crc32(block, value)
    return value
