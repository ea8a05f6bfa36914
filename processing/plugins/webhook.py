"""Posts signed JSON to an address: bounded in time, no redirect followed, nothing tried twice."""

import hashlib
import hmac
import json
import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from urllib3 import PoolManager, Timeout
from urllib3.exceptions import HTTPError, MaxRetryError

from processing.plugins.download import watched, watched_https

TIME_LIMIT = 10.0
"""Seconds for all of it."""
SUCCESS = range(200, 300)


class NotTaken(Exception):
    """The message did not get there; the text says why."""


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 over `timestamp.body`, as hexadecimal."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def post(url: str, message: Mapping[str, Any], secret: str, limit: float = TIME_LIMIT) -> None:
    """Send it; `NotTaken` unless the answer says that it was taken (2xx)."""
    body = json.dumps(message).encode()
    timestamp = str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "phoenix",
        "X-Phoenix-Timestamp": timestamp,
        "X-Phoenix-Signature": f"sha256={sign(secret, timestamp, body)}",
    }
    with Conversation(limit) as conversation:
        try:
            status = conversation.status(url, body, headers)
        except HTTPError as error:
            reason = error.reason if isinstance(error, MaxRetryError) else error
            late = f"no answer in {limit:g} s" if conversation.over else ""
            raise NotTaken(late or f"{reason}") from error
    if status not in SUCCESS:
        raise NotTaken(f"HTTP {status}")


class Conversation:
    """One request that is cut off after some seconds, whatever the server does until then."""

    def __init__(self, seconds: float) -> None:
        self.over = False
        self.sockets: list[socket.socket] = []
        self.alarm = threading.Timer(seconds, self.cut)
        self.alarm.daemon = True
        self.pools = PoolManager(timeout=Timeout(connect=seconds, read=seconds), retries=False)
        self.pools.pool_classes_by_scheme = {"https": watched_https(self.watch), "http": watched(self.watch)}

    def __enter__(self) -> "Conversation":
        self.alarm.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.alarm.cancel()
        self.pools.clear()
        for each in self.sockets:
            each.close()

    def watch(self, connected: socket.socket) -> None:
        """Keep a hold on the connection."""
        self.sockets.append(connected.dup())
        if self.over:
            self.cut()

    def cut(self) -> None:
        """End every connection."""
        self.over = True
        for each in list(self.sockets):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def status(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """POST; what the server says to it.  Its answer's body is not read."""
        answer = self.pools.request(
            "POST", url, body=body, headers=headers, redirect=False, retries=False, preload_content=False
        )
        answer.close()
        return answer.status
