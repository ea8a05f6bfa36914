"""An archive that is an NGAS server: files by their identifier alone, with the CRC-32 that it keeps of each."""

from functools import partial
from pathlib import Path

from processing.core.errors import Halt
from processing.core.ports import FileKind
from processing.plugins.download import OK, Limits, Server, plain
from processing.plugins.ngas import attribute, find, receive
from processing.plugins.transfer import arrive


class NgasArchive:
    """Options: `root`, `ngas://[user:password@]host:port`; the fields of `processing.plugins.download.Limits`."""

    def __init__(self, root: str, **limits: float) -> None:
        self.server = Server(root.replace("ngas:", "http:", 1), Limits(**limits))

    def fetch(self, kind: FileKind, name: str, to: Path) -> Path:
        """See `processing.core.ports.Archive`; NGAS does not tell kinds apart."""
        safe = plain(name)
        with self.server.transfer() as visit:
            return arrive(safe, to, lambda file: visit.until_whole(partial(receive, visit, safe, file)))

    def version(self, kind: FileKind, name: str) -> str:
        """See `processing.core.ports.Archive`: the number that NGAS counts, and its checksum."""
        with self.server.glance() as visit:
            kept = find(visit, plain(name))
        return f"{kept.version} {kept.crc32}" if kept else ""

    def probe(self) -> None:
        """See `processing.core.ports.Archive`."""
        with self.server.glance() as visit:
            status, text = visit.text(f"{self.server.url}/STATUS")
        if status != OK:
            raise visit.refusal(status, "STATUS")
        if attribute(text, "Status", "Status") != "SUCCESS" or attribute(text, "Status", "State") == "OFFLINE":
            raise Halt(f"the archive {self.server.url} cannot be reached: NGAS is not online there")
