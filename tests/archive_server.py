"""An archive over HTTP for tests: a folder as a web server and as NGAS, which misbehaves when a file says so.

python -m tests.archive_server ROOT CONTROL [--port N] serves until it is ended; its first line is its URL.
"""

import argparse
import base64
import hashlib
import socket
import ssl
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import quoteattr

KINDS = ("raw", "mcalib", "gencalib")
MOODS = ("", "errors", "truncated", "damaged", "hanging", "slow")
DRIP = 0.05


class Conversation(BaseHTTPRequestHandler):
    """One request; `mood` is read anew for each."""

    moods: tuple[str, ...] = MOODS

    def __init__(self, *request, root: Path, control: Path, over: Event):
        self.root, self.control, self.over = root, control, over
        super().__init__(*request)

    def mood(self) -> str:
        word = self.control.read_text().strip() if self.control.exists() else ""
        if word not in self.moods:
            raise ValueError(f"{self.control} says {word!r}, which is none of {self.moods}")
        return word

    def do_GET(self) -> None:
        mood = self.mood()
        if mood == "hanging":
            self.over.wait()
        elif mood == "errors":
            self.answer(503, b"out of order")
        else:
            url = urlsplit(self.path)
            self.ngas(url.path, parse_qs(url.query)) if url.path in ("/RETRIEVE", "/STATUS") else self.tree(url.path)

    def do_HEAD(self) -> None:
        self.do_GET()

    def tree(self, path: str) -> None:
        kind, _, name = path[1:].partition("/")
        folder = self.root / kind
        if kind not in KINDS or not folder.is_dir() or "/" in unquote(name):
            self.answer(404)
        elif not name:
            self.answer(200, b"".join(sorted(entry.name.encode() + b"\n" for entry in folder.iterdir())))
        else:
            self.file(found(folder / unquote(name)))

    def ngas(self, command: str, query: dict[str, list[str]]) -> None:
        name = query.get("file_id", [""])[0]
        versions = self.versions(name) if name and "/" not in name and self.root.is_dir() else {}
        if not self.root.is_dir():
            self.status(400, "FAILURE", "NGAMS_AL_DISK:4003:ALERT: no disk.", state="OFFLINE")
        elif command == "/STATUS" and not name:
            self.status(200, "SUCCESS", "Successfully handled command STATUS")
        elif not versions:
            self.status(400, "FAILURE", "NGAMS_ER_UNAVAIL_FILE:4019:ERROR: not available.")
        elif command == "/STATUS":
            self.status(200, "SUCCESS", "Successfully handled command STATUS", kept(max(versions), versions))
        else:
            self.file(versions[max(versions)], promised=False)

    def versions(self, name: str) -> dict[int, Path]:
        """The versions of a file that NGAS has; one of a name is in the folders."""
        return dict([(1, file) for kind in KINDS if (file := found(self.root / kind / name))][:1])

    def status(self, code: int, result: str, message: str, inside: str = "", state: str = "ONLINE") -> None:
        said = f'Status="{result}" Message={quoteattr(message)} State="{state}"'
        text = f'<?xml version="1.0" ?>\n<NgamsStatus>\n<Status HostId="test" {said}/>{inside}\n</NgamsStatus>\n'
        self.answer(code, text.encode())

    def file(self, file: Path | None, promised: bool = True) -> None:
        if file is None:
            return self.answer(404)
        content = file.read_bytes()
        digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
        self.head(200, len(content), {"Repr-Digest": f"sha-256=:{digest}:"} if promised else {})
        if self.command == "HEAD":
            return None
        middle, mood = len(content) // 2, self.mood()
        if mood == "slow":
            return self.drip(content)
        if mood == "truncated":
            content = content[:middle]
        if mood == "damaged":
            content = content[:middle] + bytes([content[middle] ^ 0xFF]) + content[middle + 1 :]
        self.wfile.write(content)
        return None

    def drip(self, content: bytes) -> None:
        for start in range(len(content)):
            if self.over.is_set():
                return
            self.wfile.write(content[start : start + 1])
            time.sleep(DRIP)

    def answer(self, code: int, body: bytes = b"") -> None:
        self.head(code, len(body), {})
        if self.command != "HEAD":
            self.wfile.write(body)

    def head(self, code: int, length: int, headers: dict[str, str]) -> None:
        self.send_response(code)
        for name, value in {"Content-Length": str(length), "Connection": "close", **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def handle(self) -> None:
        # The other side may hang up whenever it likes.
        with suppress(ConnectionError):
            super().handle()

    def finish(self) -> None:
        with suppress(ConnectionError):
            super().finish()

    def log_message(self, *_args) -> None:
        """Nothing: tests read what phoenix says."""


def kept(version: int, versions: dict[int, Path]) -> str:
    content = versions[version].read_bytes()
    facts = f'Checksum="{zlib.crc32(content)}" ChecksumPlugIn="crc32" FileSize="{len(content)}" FileVersion="{version}"'
    return f'<DiskStatus DiskId="one"><FileStatus {facts}/></DiskStatus>'


def found(file: Path) -> Path | None:
    try:
        return file if file.is_file() else None
    except (OSError, ValueError):
        return None


class Archive(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64


@contextmanager
def serve(root: Path, control: Path, port: int = 0, conversation: type[Conversation] = Conversation) -> Iterator[str]:
    """Serve `root` on this machine, on a free port unless one is given; yields the URL without a slash at its end."""
    over = Event()
    server = Archive(("127.0.0.1", port), partial(conversation, root=root, control=control, over=over))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        over.set()
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def answering(
    *answers: bytes, pause: float = 0, linger: float = 0, tls: ssl.SSLContext | None = None
) -> Iterator[tuple[str, list[bytes]]]:
    """A server that gives these answers, whatever is asked, and what it was asked.

    With a pause it gives them byte by byte; before it hangs up it lingers.
    """
    asked: list[bytes] = []

    def answer(text: bytes) -> None:
        accepted, _ = listener.accept()
        with accepted, tls.wrap_socket(accepted, server_side=True) if tls else accepted as connection:
            asked.append(connection.recv(65536))
            for part in [text[i : i + 1] for i in range(len(text))] if pause else [text]:
                connection.sendall(part)
                time.sleep(pause)
            time.sleep(linger)

    def answer_all() -> None:
        for text in answers:
            # The other side may hang up, and the test may be over before everything was asked for.
            with suppress(OSError):
                answer(text)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        Thread(target=answer_all, daemon=True).start()
        yield f"http{'s' if tls else ''}://127.0.0.1:{listener.getsockname()[1]}", asked


def main(conversation: type[Conversation] = Conversation) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("root", type=Path)
    parser.add_argument("control", type=Path)
    parser.add_argument("--port", type=int, default=0)
    given = parser.parse_args()
    with serve(given.root, given.control, given.port, conversation) as url, suppress(KeyboardInterrupt):
        print(url, flush=True)  # noqa: T201
        Event().wait()


if __name__ == "__main__":
    main()
