"""A Redis server of a test's own: on a socket in a folder that goes with it, and with nothing written to disk."""

import contextlib
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis, RedisError

STARTED_WITHIN = 30.0  # seconds; usually a tenth


class RedisServer:
    """Can be killed, and started again as empty as Redis without persistence is."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = f"unix://{folder}/socket?db=0"
        self.client = Redis.from_url(self.url)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Run, and return once it answers; RuntimeError with its log if it does not."""
        options = ["--port", "0", "--unixsocket", str(self.folder / "socket"), "--dir", str(self.folder), "--save", ""]
        with (self.folder / "log").open("ab") as log:
            setpriv = ["setpriv", "--pdeathsig", "KILL", "--"]
            command = [*setpriv, str(self.folder / "redis-server"), *options]
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        end = time.monotonic() + STARTED_WITHIN
        while self.process.poll() is None and time.monotonic() < end:
            with contextlib.suppress(RedisError):
                self.client.ping()
                return
            time.sleep(0.02)
        raise RuntimeError(f"Redis does not answer:\n{(self.folder / 'log').read_text()}")

    def kill(self) -> None:
        """SIGKILL: whatever it held is gone."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()


@contextlib.contextmanager
def running() -> Iterator[RedisServer]:
    """A server for the block; the test fails where there is no Redis."""
    # Not pytest's folder: the path of a socket must be short.
    folder = Path(tempfile.mkdtemp(prefix="phoenix-redis-"))
    server = RedisServer(folder)
    try:
        # Debian's redis-tools has the server's program without the service, under the name of a tool.
        (folder / "redis-server").symlink_to(program())
        server.start()
        yield server
    finally:
        server.kill()
        server.client.close()
        shutil.rmtree(folder)


def program() -> str:
    """The server's program, which is one with `redis-check-rdb` and told apart by its name."""
    found = shutil.which("redis-server") or shutil.which("redis-check-rdb")
    return found or pytest.fail("no Redis here: as root, apt-get install --no-install-recommends redis-tools")
