"""Signs of life: renews a lease while its work goes on, and ends the work when the lease is gone."""

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from django.conf import settings
from django.db import Error, connection


class Heartbeat:
    """A thread beside the work, as a context manager.

    `beat` renews the lease and says whether it was still ours.  `fence` ends the work; it is called once, when the
    lease is lost, or when the database has been away for longer than a lease: by then others take this worker
    for dead, and nothing of it may go on.
    """

    def __init__(self, beat: Callable[[], bool], fence: Callable[[], None]) -> None:
        self.beat = beat
        self.fence = fence
        self.over = threading.Event()
        self.fenced = False
        self.thread = threading.Thread(target=self._live, name="heartbeat", daemon=True)

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.over.set()
        self.thread.join()

    def _live(self) -> None:
        renewed = time.monotonic()
        try:
            while not self.over.wait(settings.PHOENIX["BEAT"]):
                ours = self._beaten()
                renewed = time.monotonic() if ours else renewed
                if ours is False or time.monotonic() - renewed > settings.PHOENIX["LEASE"]:
                    self.fenced = True
                    self.fence()
                    return
        finally:
            connection.close()

    def _beaten(self) -> bool | None:
        """None if the database could not be asked."""
        try:
            return self.beat()
        except Error:
            connection.close()
            return None
