"""Who does the work: names this process so that nobody can mistake another for it."""

import os
import socket
from functools import cache
from pathlib import Path

import psutil


def owner() -> str:
    """`host:boot id:pid:process start time`; a recycled pid gives another name."""
    return name(os.getpid())


@cache
def name(pid: int) -> str:
    """That of a living process, kept: a child has another number, and asks for its own."""
    process = psutil.Process(pid)
    return f"{socket.gethostname()}:{boot()}:{process.pid}:{process.create_time():.2f}"


@cache
def boot() -> str:
    """The kernel's id of this boot, shortened."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()[:8]
