"""Real clusters on one database, each with some of the roles: the night ends only together."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from processing import control
from processing.core.states import IngestState, JobState
from processing.models import Event, Ingestion, Job, Product, Worker
from tests import testcam
from tests.processing.conftest import state
from tests.processing.test_cluster import wait_until_finished

# Once is enough.
pytestmark = [pytest.mark.cluster, pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


NAMES = ("north", "south")


@contextmanager
def host(environment: dict[str, str], name: str, *roles: str, **own: str) -> Iterator[None]:
    """A machine of this name with a worker of these roles, until the end."""
    worker = ("manage.py", "phoenix", "worker", "--grace", "20", "--every", "1", "--name", name)
    named = ("unshare", "--uts", "sh", "-c", f'hostname {name} && exec "$@"', "sh")
    options = [word for role in roles for word in ("--role", role)]
    settings = {"DJANGO_SETTINGS_MODULE": "tests.settings", "PHOENIX_WINDOW": "00:00-24:00"}
    process = subprocess.Popen([*named, sys.executable, *worker, *options], env={**environment, **settings, **own})
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


@pytest.fixture(autouse=True)
def _names_can_be_given() -> None:
    """Hosts have names of their own, which the system lets root give."""
    if subprocess.run(["unshare", "--uts", "true"], check=False, capture_output=True).returncode:
        pytest.skip("no name spaces can be made here")


def until(what: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end
        time.sleep(0.2)


def doers(old: str, new: str, subject: str) -> set[str]:
    """The hosts that have made this step."""
    rows = Event.objects.filter(subject=subject, old=old, new=new).values_list("who", flat=True)
    return {who.partition(":")[0] for who in rows}


def test_a_night_ends_between_a_host_that_downloads_and_ingests_and_one_that_processes(child_environment, add):
    jobs = [add(number, sleep=0.2) for number in range(5)]
    with host(child_environment, "north", "download,ingest"), host(child_environment, "south", "process"):
        wait_until_finished(90)
        served = dict(Worker.objects.values_list("name", "roles"))

    assert [state(job)[0] for job in jobs] == [JobState.INGESTED] * len(jobs)
    assert sorted(testcam.starts()) == sorted(job.block.name for job in jobs)
    assert Product.objects.count() == len(jobs)
    assert doers("PREPARING", "PROCESSING", "date") == {"north"}
    assert doers("RUNNING", "PROCESSED", "job") == {"south"}
    assert doers("PROCESSED", "INGESTED", "job") == {"north"}
    assert served == {"north": "download,ingest", "south": "process"}


def test_a_night_waits_for_a_role_that_nobody_serves_and_says_so_until_somebody_does(child_environment, add):
    job = add()
    with host(child_environment, "north", "download", "ingest"):
        until(lambda: state(job)[0] == JobState.WAITING and bool(doers("PREPARING", "PROCESSING", "date")))
        until(lambda: "no host serves the role process" in control.why_waiting(Job.objects.get()))
        with host(child_environment, "south", "process"):
            wait_until_finished(60)

    assert state(job)[0] == JobState.INGESTED


def test_two_hosts_with_folders_of_their_own_ingest_each_its_own_products(child_environment, add):
    own = {"PHOENIX_LOCAL": "work,calibrations"}
    folders = {name: Path(os.environ["PHOENIX_WORK_DIR"]).parent / f"work-of-{name}" for name in NAMES}
    here = [{"PHOENIX_WORK_DIR": str(folder), "DFO_CAL_DIR": str(folder / "cal")} for folder in folders.values()]
    with host(child_environment, "north", **own, **here[0]), host(child_environment, "south", **own, **here[1]):
        until(lambda: Worker.objects.count() == len(NAMES))
        jobs = [add(number, sleep=2.0) for number in range(8)]
        wait_until_finished(120)
        until(lambda: not any(left(folder) for folder in folders.values()), 60)

    assert [state(job) for job in jobs] == [(JobState.INGESTED, "")] * len(jobs)
    made = dict(Ingestion.objects.values_list("pk", "job__owner"))
    # Not who ended the job: that may be any host whose sweep sees that all of its products are in.
    stored = Event.objects.filter(subject="ingestion", new=IngestState.STORED)
    assert {pk: owner.partition(":")[0] for pk, owner in made.items()} == {
        pk: who.partition(":")[0] for pk, who in stored.values_list("subject_id", "who")
    }
    assert {owner.partition(":")[0] for owner in made.values()} == {*folders}


def left(folder: Path) -> list[str]:
    """The products and master calibrations of dates below a host's folder."""
    days = [path for path in (folder / "cal").glob("*-*-*") if path.is_dir()]
    # Folders go while one looks, which `os.walk` does not mind.
    found = [(top, files) for root in (folder / "products", *days) for top, _, files in os.walk(root)]
    return [f"{top}/{name}" for top, files in found for name in files if name.endswith(".fits")]
