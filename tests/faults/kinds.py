"""Every kind of fault that a campaign injects; each says whether it found a victim."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent.parent
CLUSTERS = ("north", "south")


@dataclass
class Campaign:
    """The clusters under attack."""

    folder: Path
    rng: random.Random
    restart_database: Callable[[str], None]
    supervisors: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    done: Counter[str] = field(default_factory=Counter)

    def start(self, name: str) -> None:
        """A supervisor with its cluster."""
        command = [
            sys.executable,
            "manage.py",
            "phoenix",
            "worker",
            "--name",
            name,
            "--patience",
            "6",
            "--grace",
            "15",
            "--every",
            "1",
        ]
        with (self.folder / f"{name}.log").open("ab") as log:
            self.supervisors[name] = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)

    def session(self) -> list[psutil.Process]:
        """The living processes of a cluster chosen at random."""
        from processing.management.supervisor import members, session_file

        file = session_file(self.rng.choice(CLUSTERS))
        with contextlib.suppress(FileNotFoundError, IndexError):
            return [*members(int(file.read_text().split()[0]))]
        return []

    def victim(self, word: str) -> psutil.Process | None:
        """A process of a cluster whose title holds the word."""
        found = []
        for process in self.session():
            with contextlib.suppress(psutil.Error):
                if word in " ".join(process.cmdline()):
                    found.append(process)
        return self.rng.choice(found) if found else None


def kill(word: str) -> Callable[[Campaign], bool]:
    """SIGKILL to a process of that kind."""

    def fault(campaign: Campaign) -> bool:
        process = campaign.victim(word)
        if process:
            process.kill()
        return bool(process)

    return fault


def kill_main(campaign: Campaign) -> bool:
    """SIGKILL to a cluster's main process."""
    processes = campaign.session()
    mains = [p for p in processes if p.pid == os.getsid(p.pid)]
    for process in mains:
        process.kill()
    return bool(mains)


def kill_sentinel(campaign: Campaign) -> bool:
    """SIGKILL to the process that watches the workers."""
    sentinels = [p for p in campaign.session() if p.ppid() == os.getsid(p.pid)]
    for process in sentinels:
        process.kill()
    return bool(sentinels)


def signal_all(number: signal.Signals) -> Callable[[Campaign], bool]:
    """A signal to every process of a cluster at once."""

    def fault(campaign: Campaign) -> bool:
        processes = campaign.session()
        for process in processes:
            with contextlib.suppress(psutil.Error):
                process.send_signal(number)
        return bool(processes)

    return fault


def kill_recipe(campaign: Campaign) -> bool:
    """SIGKILL to a running recipe."""
    from processing.plugins.executors.local import attempts

    recipes = [pid for pid, _, home in attempts() if home.startswith(str(campaign.folder))]
    if recipes:
        os.kill(campaign.rng.choice(recipes), signal.SIGKILL)
    return bool(recipes)


def freeze(campaign: Campaign) -> bool:
    """SIGSTOP to a worker for longer than its lease."""
    process = campaign.victim("process")
    if process:
        process.suspend()
        time.sleep(6)
        with contextlib.suppress(psutil.Error):
            process.resume()
    return bool(process)


def kill_supervisor(campaign: Campaign) -> bool:
    """SIGKILL to a supervisor; it is started anew, as systemd would."""
    name = campaign.rng.choice(CLUSTERS)
    campaign.supervisors[name].kill()
    campaign.supervisors[name].wait()
    campaign.start(name)
    return True


def wipe_queue(_campaign: Campaign) -> bool:
    """Every message is lost."""
    from django_q.models import OrmQ

    return bool(OrmQ.objects.all().delete()[0])


def double(_campaign: Campaign) -> bool:
    """A storm of messages: each stage is delivered several times."""
    from processing.workflow.wake import Stage, wake

    for stage in Stage:
        wake(stage, 4)
    return True


def cut_connections(_campaign: Campaign) -> bool:
    """PostgreSQL ends every connection but this one."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )
        return bool(cursor.fetchone()[0])


def restart_database(mode: str) -> Callable[[Campaign], bool]:
    """PostgreSQL is stopped (fast, or like a crash) and started."""

    def fault(campaign: Campaign) -> bool:
        from django.db import connection

        connection.close()
        campaign.restart_database(mode)
        return True

    return fault


def away(folder: str) -> Callable[[Campaign], bool]:
    """A folder is not there for some seconds: the archive, or the product archive."""

    def fault(campaign: Campaign) -> bool:
        path = campaign.folder / folder
        if not path.exists():
            return False
        hidden = path.with_name(f"{folder}.away")
        path.rename(hidden)
        if folder == "products":
            path.touch()
        time.sleep(3)
        path.unlink(missing_ok=True)
        hidden.rename(path)
        return True

    return fault


FAULTS: dict[str, Callable[[Campaign], bool]] = {
    "busy worker killed": kill("process"),
    "idle worker killed": kill("idle"),
    "monitor killed": kill("monitor"),
    "pusher killed": kill("pusher"),
    "sentinel killed": kill_sentinel,
    "main process killed": kill_main,
    "whole cluster killed": signal_all(signal.SIGKILL),
    "SIGTERM to the whole group": signal_all(signal.SIGTERM),
    "supervisor killed": kill_supervisor,
    "recipe killed": kill_recipe,
    "worker frozen beyond its lease": freeze,
    "queue wiped": wipe_queue,
    "messages doubled": double,
    "connections cut": cut_connections,
    "database restarted": restart_database("fast"),
    "database crashed": restart_database("immediate"),
    "archive away": away("archive"),
    "product archive away": away("products"),
}
