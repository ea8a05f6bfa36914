"""A product archive that is an NGAS server: asked first, since it would keep any number of versions of a file."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlencode

from processing.core.errors import ABFailed, Damaged, Halt, NotInArchive, NotWithdrawn
from processing.core.states import Reason
from processing.plugins.copies import Copies
from processing.plugins.download import Limits, Server, Visit, plain
from processing.plugins.ngas import Kept, find, message, receive, refused, succeeded
from processing.plugins.whole import digest

MIME_TYPE = "image/x-fits"

logger = logging.getLogger(__name__)


class NgasIngestor:
    """Options: `root`, `ngas://[user:password@]host:port`; `copies`, a folder here for what is read, of `copies_bytes`;
    `read_back`, whether SHA-256 is verified after an upload, beyond the CRC-32 that NGAS keeps; the fields of
    `processing.plugins.download.Limits`.
    """

    def __init__(
        self, root: str, copies: str | Path, copies_bytes: float = 2e9, read_back: bool = True, **limits: float
    ) -> None:
        self.server = Server(root.replace("ngas:", "http:", 1), Limits(**limits), "PHOENIX_INGEST_URL")
        self.copies = Copies(copies, copies_bytes)
        self.read_back = read_back

    def store(self, file: Path, name: str, sha256: str) -> str:
        """See `processing.core.ports.Ingestor`."""
        if digest(file) != sha256:
            raise OSError(f"{name} changed on its way into the archive")
        try:
            with self.visit() as visit:
                kept = find(visit, name) or self.upload(visit, file, name)
                self.compare(visit, kept, file, name)
        except NotInArchive as error:
            raise OSError(str(error)) from error
        return self.address(name)

    def withdraw(self, name: str, sha256: str) -> bool:
        """See `processing.core.ports.Ingestor`."""
        with self.visit() as visit, suppress(NotInArchive):
            kept = find(visit, name)
            if kept and digest(self.copy(visit, name, kept)) == sha256:
                refusal = self.discard(visit, name, kept)
                self.copies.remove(name)
                if refusal:
                    raise NotWithdrawn(refusal)
                return True
        return False

    def open(self, name: str) -> Path:
        """See `processing.core.ports.Ingestor`; a copy, which stays for a minute at least."""
        with self.visit() as visit:
            kept = find(visit, name)
            if kept is None:
                raise NotInArchive(f"{name} is not in the product archive")
            return self.copy(visit, name, kept)

    def address(self, name: str) -> str:
        """Where anybody finds the file of that name."""
        return f"{self.server.url}/RETRIEVE?{urlencode({'file_id': name})}"

    @contextmanager
    def visit(self) -> Iterator[Visit]:
        """A conversation; what does not go well in it may pass by itself."""
        try:
            with self.server.transfer() as visit:
                yield visit
        except (Halt, Damaged) as error:
            raise OSError(str(error)) from error

    def upload(self, visit: Visit, file: Path, name: str) -> Kept:
        """Send the file; what NGAS has of it then, which is what was sent, or `OSError`."""
        query = urlencode({"filename": name, "mime_type": MIME_TYPE})
        status, text = visit.send(f"{self.server.url}/QARCHIVE?{query}", file, MIME_TYPE)
        if not succeeded(status, text):
            raise refused(visit, status, text, "QARCHIVE")
        mine = Kept.read(text)
        if mine.version > 1:
            # Somebody else stored it after we had asked: what was there first counts.
            self.discard(visit, name, mine)
        kept = find(visit, name)
        if kept is None or not kept.is_of(file):
            if kept == mine:
                self.discard(visit, name, mine)
            raise OSError(f"{name} did not arrive whole in the archive {self.server.url}")
        return kept

    def compare(self, visit: Visit, kept: Kept, file: Path, name: str) -> None:
        """`ABFailed` if NGAS has another content under that name than the file."""
        same = kept.is_of(file)
        if same and (self.read_back or kept.crc32 is None):
            same = digest(self.copy(visit, name, kept)) == digest(file)
        if not same:
            raise ABFailed(Reason.ARCHIVE_CONFLICT, f"{name} is in the archive with other content")

    def copy(self, visit: Visit, name: str, kept: Kept) -> Path:
        """The file as it is in NGAS now, here."""
        file = self.copies.find(plain(name))
        if file and kept.crc32 is not None and kept.is_of(file):
            return file
        return self.copies.add(name, lambda to: visit.until_whole(partial(receive, visit, name, to)))

    def discard(self, visit: Visit, name: str, kept: Kept) -> str:
        """Remove one version; what NGAS says if it does not let files be removed (its AllowRemoveReq)."""
        which = {"disk_id": kept.disk, "file_id": name, "file_version": kept.version, "execute": 1}
        status, text = visit.text(f"{self.server.url}/DISCARD?{urlencode(which)}")
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise refused(visit, status, text, "DISCARD")
        if succeeded(status, text):
            return ""
        refusal = f"{name}, version {kept.version}, stays in NGAS: {message(text) or f'HTTP {status}'}"
        logger.warning("%s", refusal)
        return refusal
