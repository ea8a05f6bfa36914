"""Hosts in network namespaces of this machine, each with its own name and address, behind one bridge."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
NETWORK = "10.213.77"
BRIDGE = f"phx{os.getpid() % 100000}"
WORKER = ("manage.py", "phoenix", "worker", "--patience", "8", "--grace", "15", "--every", "1")


def ip(*arguments: str) -> None:
    """Tell the kernel; CalledProcessError with its word if it refuses."""
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)


def possible() -> str:
    """Why there can be no hosts here; empty if there can."""
    try:
        ip("netns", "add", BRIDGE)
        ip("netns", "del", BRIDGE)
    except FileNotFoundError:
        return "ip of Debian's iproute2 is not installed"
    except subprocess.CalledProcessError as refused:
        return f"network namespaces cannot be made here: {refused.stderr.strip()}"
    return ""


@dataclass
class Host:
    """A name, an address, a link, and the supervisor that runs there."""

    name: str
    number: int
    log: Path
    supervisor: subprocess.Popen[bytes] | None = None

    @property
    def netns(self) -> str:
        """Of the kernel's name space."""
        return f"{BRIDGE}-{self.name}"

    @property
    def link(self) -> str:
        """This machine's end of the host's cable."""
        return f"{BRIDGE}{self.number}"

    def start(self, environment: dict[str, str]) -> None:
        """A worker there: its own network, host name, and process numbers, as a machine has."""
        named = f'hostname {self.name} && mount -t proc proc /proc && exec "$@"'
        own = ("unshare", "--uts", "--mount", "--pid", "--fork", "--kill-child", "--", "sh", "-c", named, "sh")
        command = ("ip", "netns", "exec", self.netns, *own, sys.executable, *WORKER, "--name", self.name)
        with self.log.open("ab") as log:
            self.supervisor = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)

    def cut_off(self) -> None:
        """Nothing goes to or from the host."""
        ip("link", "set", self.link, "down")

    def bring_back(self) -> None:
        """As before."""
        ip("link", "set", self.link, "up")

    def kill(self) -> None:
        """The whole machine at once: the first of its processes takes all others along."""
        if self.supervisor is not None:
            subprocess.run(["pkill", "--signal", "KILL", "--parent", str(self.supervisor.pid)], check=False)
            self.supervisor.kill()
            self.supervisor.wait()

    def stop(self) -> None:
        """As its operator would: SIGTERM to the supervisor alone."""
        if self.supervisor is not None:
            subprocess.run(["pkill", "--signal", "TERM", "--parent", str(self.supervisor.pid)], check=False)
            self.supervisor.wait(40)


@contextmanager
def network(names: Sequence[str], folder: Path) -> Iterator[list[Host]]:
    """The bridge, with this machine at `.1`, and a host for each name; all of it is gone afterwards."""
    with ExitStack() as stack:
        ip("link", "add", BRIDGE, "type", "bridge")
        stack.callback(ip, "link", "del", BRIDGE)
        ip("addr", "add", f"{NETWORK}.1/24", "dev", BRIDGE)
        ip("link", "set", BRIDGE, "up")
        hosts = [Host(name, number, folder / f"{name}.log") for number, name in enumerate(names, 2)]
        for host in hosts:
            connect(host, stack)
        yield hosts


def connect(host: Host, stack: ExitStack) -> None:
    """A cable from the bridge to the host, and the host's address."""
    ip("netns", "add", host.netns)
    stack.callback(ip, "netns", "del", host.netns)
    stack.callback(host.kill)
    ip("link", "add", host.link, "type", "veth", "peer", "name", "eth0", "netns", host.netns)
    ip("link", "set", host.link, "master", BRIDGE, "up")
    for there in (("addr", "add", f"{NETWORK}.{host.number}/24", "dev", "eth0"), ("link", "set", "eth0", "up")):
        ip("-n", host.netns, *there)
    ip("-n", host.netns, "link", "set", "lo", "up")
