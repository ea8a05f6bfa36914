"""An NGAS server for tests that takes files, too: it keeps every version, and misbehaves when a file says so.

A version of a file stands in ROOT/<version>/<file_id>.  python -m tests.ngas_server ROOT CONTROL [--port N] serves.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from urllib.parse import parse_qs, urlsplit

from tests.archive_server import MOODS, Conversation, found, kept, main, serve

# What an upload or a removal may meet, beyond what the server does to those who read.
FAULTS = (
    "busy",  # as many requests as it takes at once are under way
    "cut",  # the connection ends in the middle of an upload
    "garbled",  # a byte changes on its way
    "mute",  # the file is stored, and nobody is told
    "keeping",  # nothing may be removed
    "crc32c",  # checksums are of another kind
)
COMMANDS = ("/STATUS", "/RETRIEVE", "/QARCHIVE", "/DISCARD")
ONE_AT_A_TIME = Lock()


class NgasConversation(Conversation):
    """One request to an NGAS server."""

    moods = (*MOODS, *FAULTS)

    def do_GET(self) -> None:  # noqa: N802
        url = urlsplit(self.path)
        if self.mood() == "busy":
            self.busy()
        elif url.path == "/DISCARD" and self.mood() not in ("errors", "hanging"):
            self.discard(parse_qs(url.query))
        elif url.path in COMMANDS:
            super().do_GET()
        else:
            self.status(400, "FAILURE", "NGAMS_ER_ILL_CMD:4004:ERROR: unknown command.")

    def ngas(self, command: str, query: dict[str, list[str]]) -> None:
        with ONE_AT_A_TIME:
            super().ngas(command, query)

    def do_POST(self) -> None:  # noqa: N802
        mood, query = self.mood(), parse_qs(urlsplit(self.path).query)
        if mood == "hanging":
            self.over.wait()
        elif mood == "errors":
            self.answer(503, b"out of order")
        elif mood == "busy":
            self.busy()
        elif mood == "cut":
            self.rfile.read(int(self.headers["Content-Length"]) // 2)
        else:
            self.archive(query["filename"][0], query["mime_type"][0], mood)

    def archive(self, name: str, mime_type: str, mood: str) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        if mime_type != self.headers["Content-Type"] or mime_type != "image/x-fits":
            return self.status(400, "FAILURE", "NGAMS_ER_UNKNOWN_MIME_TYPE1:4017:ERROR: unknown mime-type.")
        if len(content) < int(self.headers["Content-Length"]):
            return self.status(400, "FAILURE", "NGAMS_ER_ARCHIVE_PUSH_REQ:4011:ERROR: the upload is not whole.")
        if mood == "garbled":
            content = bytes([content[0] ^ 0xFF]) + content[1:]
        try:
            version = self.keep(name, content)
        except OSError as error:
            return self.status(400, "FAILURE", f"NGAMS_ER_ARCHIVE_PUSH_REQ:4011:ERROR: {error}")
        if mood == "mute":
            return None
        return self.status(200, "SUCCESS", "Successfully handled Archive Push", kept(version, self.versions(name)))

    def keep(self, name: str, content: bytes) -> int:
        """Without being asked, NGAS makes a new version of a file that it has."""
        with ONE_AT_A_TIME:
            version = max(self.versions(name), default=0) + 1
            file = self.root / str(version) / name
            file.parent.mkdir(exist_ok=True)
            try:
                file.write_bytes(content)
            except OSError:
                file.unlink()
                raise
        return version

    def discard(self, query: dict[str, list[str]]) -> None:
        name, version = query["file_id"][0], int(query["file_version"][0])
        if self.mood() == "keeping":
            return self.status(400, "FAILURE", "NGAMS_ER_ILL_REQ:4010:ERROR: Illegal request: Discard File.")
        with ONE_AT_A_TIME:
            file = self.versions(name).get(version)
            if not file or query["disk_id"] != ["one"] or query.get("execute") != ["1"]:
                return self.status(200, "FAILURE", "NGAMS_ER_DISCARD_NOT_FOUND:4064:ERROR: not found.")
            file.unlink()
        return self.status(200, "SUCCESS", "NGAMS_INFO_DISCARD_OK:4066:INFO: discarded.")

    def versions(self, name: str) -> dict[int, Path]:
        return {int(folder.name): file for folder in self.root.iterdir() if (file := found(folder / name))}

    def status(self, code: int, result: str, message: str, inside: str = "", state: str = "ONLINE") -> None:
        plugin = "crc32c" if self.mood() == "crc32c" else "crc32"
        super().status(code, result, message, inside.replace('"crc32"', f'"{plugin}"'), state)

    def busy(self) -> None:
        self.status(503, "FAILURE", "NGAMS_ER_MAX_REQ_EXCEEDED:4025:ERROR: Maximum number of requests exceeded.")


@contextmanager
def serve_ngas(root: Path, control: Path) -> Iterator[str]:
    """Serve `root` on this machine; yields the URL, `ngas://…`."""
    with serve(root, control, conversation=NgasConversation) as url:
        yield url.replace("http:", "ngas:")


if __name__ == "__main__":
    main(NgasConversation)
