"""Faults of phoenix's own processes: signals to workers, to the rest of their cluster, to supervisors and recipes."""

import contextlib
import os
import signal
from collections.abc import Iterator

import psutil

from tests.faults.campaign import Campaign, Fault, Nobody
from tests.faults.site import CLUSTERS

BEYOND_ITS_LEASE = 6.0  # seconds; the lease has four


def session(campaign: Campaign) -> list[psutil.Process]:
    """The living processes of a cluster chosen at random."""
    from processing.management.supervisor import members, session_file

    try:
        found = [*members(int(session_file(campaign.rng.choice(CLUSTERS)).read_text().split()[0]))]
    except (FileNotFoundError, IndexError) as error:
        raise Nobody from error
    if not found:
        raise Nobody
    return found


def titled(campaign: Campaign, word: str) -> psutil.Process:
    """A process of a cluster whose title holds the word: django-q2 says there what a process is, and is at."""
    found = []
    for process in session(campaign):
        with contextlib.suppress(psutil.Error):
            if word in " ".join(process.cmdline()):
                found.append(process)
    return chosen(campaign, found)


def chosen(campaign: Campaign, found: list[psutil.Process]) -> psutil.Process:
    """One of them."""
    if not found:
        raise Nobody
    return campaign.rng.choice(found)


def recipe(campaign: Campaign) -> psutil.Process:
    """The process that a worker has started for its job."""
    from processing.plugins.guard import attempts

    home = str(campaign.site.work)
    return chosen(campaign, [psutil.Process(pid) for pid, _, where in attempts() if where.startswith(home)])


def kill(word: str) -> Fault:
    """SIGKILL to a process of that title."""

    def fault(campaign: Campaign) -> None:
        titled(campaign, word).kill()

    return fault


def kill_main(campaign: Campaign) -> None:
    """SIGKILL to a cluster's main process."""
    chosen(campaign, [each for each in session(campaign) if each.pid == os.getsid(each.pid)]).kill()


def kill_sentinel(campaign: Campaign) -> None:
    """SIGKILL to the process that watches the workers."""
    chosen(campaign, [each for each in session(campaign) if each.ppid() == os.getsid(each.pid)]).kill()


def signal_all(number: signal.Signals) -> Fault:
    """A signal to every process of a cluster at once."""

    def fault(campaign: Campaign) -> None:
        for process in session(campaign):
            with contextlib.suppress(psutil.Error):
                process.send_signal(number)

    return fault


def kill_supervisor(campaign: Campaign) -> None:
    """SIGKILL to a supervisor; it is started anew, as systemd would."""
    name = campaign.rng.choice(CLUSTERS)
    campaign.supervisors[name].kill()
    campaign.supervisors[name].wait()
    campaign.start(name)


def kill_recipe(campaign: Campaign) -> None:
    """SIGKILL to a running recipe."""
    recipe(campaign).kill()


def terminate_in_mid_job(campaign: Campaign) -> None:
    """SIGTERM to a worker whose recipe runs."""
    psutil.Process(recipe(campaign).ppid()).terminate()


def freeze(campaign: Campaign) -> None:
    """SIGSTOP to a busy worker for longer than its lease."""
    campaign.during("a worker", BEYOND_ITS_LEASE, frozen(titled(campaign, "processing")))


@contextlib.contextmanager
def frozen(process: psutil.Process) -> Iterator[None]:
    """Suspended."""
    process.suspend()
    try:
        yield
    finally:
        with contextlib.suppress(psutil.Error):
            process.resume()


FAULTS: dict[str, Fault] = {
    "busy worker killed": kill("processing"),
    "idle worker killed": kill("idle"),
    "worker terminated in mid-job": terminate_in_mid_job,
    "worker frozen beyond its lease": freeze,
    "monitor killed": kill("monitor"),
    "pusher killed": kill("pusher"),
    "sentinel killed": kill_sentinel,
    "main process killed": kill_main,
    "whole cluster killed": signal_all(signal.SIGKILL),
    "SIGTERM to the whole group": signal_all(signal.SIGTERM),
    "supervisor killed": kill_supervisor,
    "recipe killed": kill_recipe,
}
