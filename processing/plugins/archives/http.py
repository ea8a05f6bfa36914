"""An archive on a web server: `raw/`, `mcalib/`, `gencalib/` below a URL."""

from functools import partial
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote

from processing.core.errors import Halt, NotInArchive
from processing.core.ports import FileKind
from processing.plugins.download import OK, Limits, Server, Visit, plain
from processing.plugins.transfer import arrive

GONE = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
# Many servers show no list of a folder, which says that it is there.
UNLISTED = (HTTPStatus.FORBIDDEN, HTTPStatus.METHOD_NOT_ALLOWED)
# Headers that another content has other values of; a length alone tells too little.
TELLING = ("Repr-Digest", "Content-Digest", "Content-MD5", "ETag", "Last-Modified")


class HttpArchive:
    """Options: `root`, `http(s)://[user:password@]host[:port][/path]`; `processing.plugins.download.Limits`."""

    def __init__(self, root: str, **limits: float) -> None:
        self.server = Server(root, Limits(**limits))

    def fetch(self, kind: FileKind, name: str, to: Path) -> Path:
        """See `processing.core.ports.Archive`."""
        path = f"{kind}/{quote(plain(name), safe='')}"
        with self.server.transfer() as visit:
            return arrive(name, to, lambda file: visit.until_whole(partial(self.receive, visit, path, file)))

    def version(self, kind: FileKind, name: str) -> str:
        """See `processing.core.ports.Archive`: what the server says in its headers."""
        with self.server.glance() as visit:
            answer = visit.ask("HEAD", f"{self.server.url}/{kind}/{quote(plain(name), safe='')}")
        told = {header: answer.headers[header] for header in TELLING if header in answer.headers}
        return f"{told} {answer.headers.get('Content-Length')}" if answer.status == OK and told else ""

    def probe(self) -> None:
        """See `processing.core.ports.Archive`."""
        with self.server.glance() as visit:
            for kind in FileKind:
                self.folder(visit, kind)

    def receive(self, visit: Visit, path: str, file: Path) -> None:
        """Fill the file; that a name is unknown counts only where the folder is known."""
        status = visit.file(f"{self.server.url}/{path}", file)
        if status in GONE:
            self.folder(visit, path.partition("/")[0])
            raise NotInArchive(f"{path} is not in the archive")
        if status != OK:
            raise visit.refusal(status, path)

    def folder(self, visit: Visit, kind: str) -> None:
        """Halt if the folder of a kind is not there."""
        url = f"{self.server.url}/{kind}/"
        status = visit.head(url)
        if status in GONE:
            raise Halt(f"the archive folder {url} cannot be reached: HTTP {status}; check PHOENIX_ARCHIVE_URL")
        if status >= HTTPStatus.BAD_REQUEST and status not in UNLISTED:
            raise visit.refusal(status, f"{kind}/")
