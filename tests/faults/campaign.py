"""A campaign: the clusters under attack, what is broken at the moment, and what was done to them when."""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.faults.site import ROOT, Site

JUMPING = "south"
PATIENCE = "8"  # seconds; on a busy machine a cluster needs most of them to start, and is not to be taken to hang
WORKER = ("manage.py", "phoenix", "worker", "--patience", PATIENCE, "--grace", "15", "--every", "1", "--name")
STOPPED_WITHIN = 40.0  # seconds; usually two


class Nobody(Exception):
    """There is nobody to hit at this moment, or the same thing is broken already."""


Fault = Callable[["Campaign"], None]
"""Breaks something, or raises `Nobody`."""


@dataclass
class Campaign:
    """Two supervised clusters, and the faults that they get."""

    site: Site
    rng: random.Random
    supervisors: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    timeline: list[tuple[float, str]] = field(default_factory=list)
    """(seconds since the epoch, name) of every fault, in order."""
    revived: Counter[str] = field(default_factory=Counter)
    """How often a supervisor ended by itself and was started anew, as systemd would."""
    jumped: list[int] = field(default_factory=list)
    """The supervisors under libfaketime."""
    broken: dict[str, Future[None]] = field(default_factory=dict)
    """What is broken at the moment, until the future is done."""
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(max_workers=8))

    def start(self, name: str) -> None:
        """A supervisor with its cluster."""
        environment = os.environ | (self.site.jumping() if name == JUMPING else {})
        command = [sys.executable, *WORKER, name]
        with self.site.log(name).open("ab") as log:
            self.supervisors[name] = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        if name == JUMPING:
            self.jumped.append(self.supervisors[name].pid)

    def revive(self) -> None:
        """Start anew whatever supervisor has ended."""
        for name, process in list(self.supervisors.items()):
            if process.poll() is not None:
                self.revived[name] += 1
                self.start(name)

    def stop(self) -> None:
        """End whatever lasts, and then the supervisors, as their operator would."""
        self.pool.shutdown()
        for process in self.supervisors.values():
            process.terminate()
        for process in self.supervisors.values():
            process.wait(STOPPED_WITHIN)

    def kill(self) -> None:
        """Whatever the clusters still are, as systemd does with what is left of a unit.  Safe to repeat."""
        self.pool.shutdown()
        for process in self.supervisors.values():
            process.kill()
            process.wait()
        for left in self.site.processes():
            with suppress(psutil.Error):
                left.kill()
        for pid in self.jumped:
            forget(pid)

    def inject(self, name: str, kinds: Mapping[str, Fault]) -> bool:
        """Inject one fault; False if there was nobody to hit."""
        try:
            kinds[name](self)
        except (Nobody, psutil.Error, ProcessLookupError):
            return False
        self.timeline.append((time.time(), name))
        return True

    def during(self, what: str, seconds: float, trouble: AbstractContextManager[None]) -> None:
        """Enter the trouble now, and leave it some seconds later, in the background; one trouble per thing."""
        if not self.whole(what):
            raise Nobody
        stack = ExitStack()
        stack.enter_context(trouble)
        self.broken[what] = self.pool.submit(self._leave, stack, seconds)

    def whole(self, what: str) -> bool:
        """Whether a thing is not broken at the moment; raises what went wrong when it was mended."""
        last = self.broken.get(what)
        if last is None:
            return True
        if not last.done():
            return False
        last.result()
        return True

    def settle(self) -> None:
        """Until everything is whole."""
        for last in self.broken.values():
            last.result()

    def _leave(self, stack: ExitStack, seconds: float) -> None:
        with stack:
            time.sleep(seconds)


def forget(pid: int) -> None:
    """Remove what libfaketime shares between a supervisor and its children, and leaves if one is killed."""
    for name in (f"faketime_shm_{pid}", f"sem.faketime_sem_{pid}"):
        Path("/dev/shm", name).unlink(missing_ok=True)  # noqa: S108 - where shared memory is
