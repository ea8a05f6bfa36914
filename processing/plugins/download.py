"""Conversations with an archive over HTTP(S): bounded in time and size, and without its password in any text."""

import hashlib
import re
import socket
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import SplitResult, unquote, urlsplit

from urllib3 import HTTPConnectionPool, HTTPResponse, HTTPSConnectionPool, PoolManager, Retry, Timeout, make_headers
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, MaxRetryError, ProtocolError, SSLError
from urllib3.response import BaseHTTPResponse

from processing.core.errors import Damaged, Halt, NotInArchive

OK = 200
BLOCK = 2**18
# No answer but a file is longer.
LONGEST_TEXT = 2**16
REDIRECTS = 3
# What an operator can do about an answer.
ADVICE = {
    401: "user and password in {variable} are missing or wrong",
    403: "the archive must allow this host, or the user in {variable}, what it asks for",
    429: "it is asked too often: fewer PHOENIX_WORKERS, or ask its operators for more",
}
# RFC 9530; several digests may stand in one header.
SHA256 = re.compile(r"\bsha-256=:([^:]*):")


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much of anything an archive may take."""

    timeout: float = 30.0
    """Seconds for a connection, and for each wait for an answer or more of it."""
    deadline: float = 900.0
    """Seconds for one file, all tries together."""
    max_bytes: float = 4e9
    """Of one file."""
    tries: float = 3
    """For a file that does not arrive whole."""
    pause: float = 1.0
    """Seconds before the second try; twice as many before the third."""


class Server:
    """The address of an archive and how to ask it; ValueError for a URL that names no host or no valid port.

    `variable` is where the site has named it, which is said where that may be wrong.
    """

    def __init__(self, url: str, limits: Limits, variable: str = "PHOENIX_ARCHIVE_URL") -> None:
        parts = parsed(url, variable)
        self.variable = variable
        host = parts.netloc.rpartition("@")[2]
        self.url = f"{parts.scheme}://{host}{parts.path.rstrip('/')}"
        self.limits = limits
        user = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}" if parts.username else None
        self.headers = dict(make_headers(accept_encoding="identity", user_agent="phoenix", basic_auth=user))
        self.headers["Want-Repr-Digest"] = "sha-256=10"

    def transfer(self) -> "Visit":
        """A conversation about one file."""
        return Visit(self, self.limits.deadline)

    def glance(self) -> "Visit":
        """A conversation that finds out whether the server is there."""
        return Visit(self, 2 * self.limits.timeout)


class Visit:
    """A conversation with a server, cut off after some seconds, whatever the server does until then."""

    def __init__(self, server: Server, seconds: float) -> None:
        self.server = server
        self.seconds = seconds
        self.over = False
        self.sockets: list[socket.socket] = []
        self.alarm = threading.Timer(seconds, self.cut)
        self.alarm.daemon = True
        self.pools = self.pool_manager()

    def __enter__(self) -> Self:
        self.alarm.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.alarm.cancel()
        self.cut()
        self.pools.clear()
        for each in self.sockets:
            each.close()

    def pool_manager(self) -> PoolManager:
        """For one conversation, so that the plug-in can cross a fork.

        urllib3 by itself checks certificates against the system's store, and takes no proxy from the environment.
        """
        limits, secure = self.server.limits, self.server.url.startswith("https:")
        retries = Retry(connect=0, read=0, other=0, redirect=REDIRECTS, respect_retry_after_header=False)
        manager = PoolManager(
            headers=self.server.headers,
            timeout=Timeout(connect=limits.timeout, read=limits.timeout),
            retries=retries,
        )
        manager.pool_classes_by_scheme = {"https": watched_https(self.watch), "http": watched(self.watch)}
        if secure:
            # No redirect leads away from TLS; none to other schemes is followed anyway.
            del manager.key_fn_by_scheme["http"]
        return manager

    def watch(self, connected: socket.socket) -> None:
        """Keep a hold on a connection: the sum of many short waits has no limit otherwise."""
        self.sockets.append(connected.dup())
        if self.over:
            self.cut()

    def cut(self) -> None:
        """End every connection."""
        self.over = True
        for each in list(self.sockets):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def head(self, url: str) -> int:
        """The status that the server gives for this URL."""
        return self.ask("HEAD", url).status

    def text(self, url: str) -> tuple[int, str]:
        """Status and the beginning of a short answer."""
        return self.read(self.ask("GET", url))

    def send(self, url: str, file: Path, mime_type: str) -> tuple[int, str]:
        """POST a file; status and the beginning of the answer.  No redirect is followed."""
        headers = {"Content-Length": str(file.stat().st_size), "Content-Type": mime_type}
        with file.open("rb") as stream:
            return self.read(self.ask("POST", url, body=stream, headers=self.server.headers | headers, redirect=False))

    def read(self, answer: BaseHTTPResponse) -> tuple[int, str]:
        """Status and the beginning of an answer."""
        try:
            return answer.status, answer.read(LONGEST_TEXT, decode_content=False).decode(errors="replace")
        except HTTPError as error:
            raise self.unreachable(error) from error

    def file(self, url: str, to: Path) -> int:
        """Status; where it is 200, the answer is in the file `to`, and as long and with the checksum as promised."""
        answer = self.ask("GET", url)
        if answer.status == OK:
            self.receive(answer, to)
            check(answer.headers, to)
        return answer.status

    def ask(self, method: str, url: str, **more: Any) -> BaseHTTPResponse:
        """The beginning of the answer; Halt if none comes."""
        try:
            return self.pools.request(method, url, preload_content=False, **more)
        except HTTPError as error:
            raise self.unreachable(error) from error

    def receive(self, answer: BaseHTTPResponse, to: Path) -> None:
        """Write the body; `Damaged` if it breaks off, `OSError` if it cannot be written."""
        if isinstance(answer, HTTPResponse) and answer.length_remaining is None and not answer.chunked:
            raise Halt(f"the archive {self.server.url} does not say how long its files are (Content-Length)")
        try:
            with to.open("wb") as stream:
                for block in answer.stream(BLOCK, decode_content=False):
                    stream.write(block)
                    self.check_size(stream.tell())
        except (ProtocolError, SSLError) as error:
            if self.over:
                raise self.unreachable(error) from error
            raise Damaged(f"a file of the archive {self.server.url} breaks off: {error}") from error
        except HTTPError as error:
            raise self.unreachable(error) from error

    def check_size(self, size: int) -> None:
        """Halt if a file has no end."""
        if size > self.server.limits.max_bytes:
            limit = f"{self.server.limits.max_bytes:.0f} bytes"
            raise Halt(f"a file of the archive {self.server.url} is longer than {limit}: see max_bytes")

    def until_whole(self, once: Callable[[], None]) -> None:
        """Do it; again, after a pause, if what came was `Damaged`."""
        limits = self.server.limits
        for number in range(1, int(limits.tries)):
            try:
                return once()
            except Damaged:
                time.sleep(limits.pause * number)
        return once()

    def unreachable(self, error: HTTPError) -> Halt:
        """No answer, and why."""
        if self.over:
            return Halt(f"the archive {self.server.url} is too slow: an answer was not whole in {self.seconds:g} s")
        reason = error.reason if isinstance(error, MaxRetryError) else error
        return Halt(f"the archive {self.server.url} cannot be reached: {reason or error}")

    def refusal(self, status: int, what: str) -> Halt:
        """An answer that is neither the file nor its absence."""
        advice = ADVICE.get(status, "its own log should say why; check {variable} as well")
        return Halt(
            f"the archive {self.server.url} answers HTTP {status} for {what}: "
            + advice.format(variable=self.server.variable)
        )


def watched(watch: Callable[[socket.socket], None]) -> type[HTTPConnectionPool]:
    """Connections over TCP that `watch` sees as soon as they are there."""

    class Connection(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            connected = super()._new_conn()
            watch(connected)
            return connected

    return type("Pool", (HTTPConnectionPool,), {"ConnectionCls": Connection})


def watched_https(watch: Callable[[socket.socket], None]) -> type[HTTPSConnectionPool]:
    """The same over TLS; `watch` sees them before the two sides have greeted each other."""

    class Connection(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            connected = super()._new_conn()
            watch(connected)
            return connected

    return type("Pool", (HTTPSConnectionPool,), {"ConnectionCls": Connection})


def parsed(url: str, variable: str) -> SplitResult:
    """The parts of an archive's URL; ValueError, without the URL since that may hold a password."""
    try:
        parts = urlsplit(url)
        if parts.hostname and parts.port != 0 and not parts.query and not parts.fragment:
            return parts
    except ValueError:
        # Its text may have a part of the password.
        pass
    raise ValueError(f"{variable} must be scheme://[user:password@]host[:port][/path], and no more")


def plain(name: str) -> str:
    """The name, if it is that of a file and nothing else; `NotInArchive` otherwise."""
    if name in ("", ".", "..") or not name.isprintable() or "/" in name or "\\" in name:
        raise NotInArchive(f"{name!r} is not the name of a file")
    return name


def check(headers: Mapping[str, str], file: Path) -> None:
    """`Damaged` if the file has not the checksum that the answer's headers promise, should they promise one."""
    found = SHA256.search(headers.get("Repr-Digest", "")) or SHA256.search(headers.get("Content-Digest", ""))
    promised = {"sha256": found[1] if found else "", "md5": headers.get("Content-MD5", "").strip()}
    for algorithm, value in promised.items():
        if value and value != digest(file, algorithm):
            raise Damaged(f"a file of the archive arrived with another {algorithm} than it promised")


def digest(file: Path, algorithm: str) -> str:
    """In base64, as HTTP has it."""
    with file.open("rb") as stream:
        return b64encode(hashlib.file_digest(stream, algorithm).digest()).decode()
