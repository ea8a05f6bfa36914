"""Several hosts on the system page: who is there, in which roles and versions, and what nobody does."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from monitor import hosts
from processing import control
from processing.core.states import IngestState, JobState
from processing.models import Ingestion, ProcessingDate, Worker
from processing.models.notices import Kind
from processing.workflow.breaches import workers
from tests.monitor import rows
from tests.monitor.test_system import told

pytestmark = pytest.mark.django_db


def host(name, roles="download,process,ingest", seconds=1, **about):
    """A worker on a host of its name, last heard of so many seconds ago."""
    seen = timezone.now() - timedelta(seconds=seconds)
    values = {"host": name, "slots": 4, "version": control.VERSION, "since": seen, "seen": seen, **about}
    return Worker.objects.create(name=name, roles=roles, **values)


def line(shown, name, heading="Workers", following="Queue"):
    """What a table of the page says of one host."""
    table = shown.split(f" {heading} ")[1].split(f" {following} ")[0]
    names = "|".join(Worker.objects.values_list("name", flat=True))
    [found] = re.findall(rf"\b{name} (?:alive|silent).*?(?=$|\b(?:{names}) (?:alive|silent))", table)
    return found


def test_each_host_has_its_roles_jobs_folders_and_version(viewer):
    host("archive1", "download,ingest", slots=0)
    host("compute1", "process,ingest", local="calibrations,work")
    shown = told(viewer)

    assert f"archive1 alive archive1 download, ingest \N{EN DASH} none {control.VERSION}" in line(shown, "archive1")
    assert f"compute1 process, ingest 4 calibrations, work {control.VERSION}" in line(shown, "compute1")


def test_a_host_of_another_version_than_the_others_is_marked(viewer):
    for name in ("a", "b"):
        host(name)
    host("c", version="0.0.9")
    shown = told(viewer)

    assert f"0.0.9 others: {control.VERSION}" in line(shown, "c")
    assert [name for name in "abc" if "others" in line(shown, name)] == ["c"]


def test_a_page_that_is_older_than_all_hosts_says_so(viewer):
    host("a", version="9.9.9")

    assert f"9.9.9 this page: {control.VERSION}" in line(told(viewer), "a")


def test_hosts_that_are_gone_do_not_say_which_version_is_right():
    host("a")
    for name in ("b", "c"):
        host(name, version="0.0.9", seconds=3600)

    assert hosts.common_version(list(hosts.workers())) == control.VERSION


def test_a_host_that_is_gone_is_red_with_its_age(viewer):
    host("a")
    host("b", seconds=3 * 3600)
    page = " ".join(viewer.get("/system/").content.decode().split())

    assert "silent for 3 h" in line(told(viewer), "b")
    assert re.search(r'<span class="state failed">(?:(?!</span>).)*silent for 3 h', page)
    assert "alive" in line(told(viewer), "a")


def test_a_host_that_sees_another_work_folder_is_told(viewer):
    host("a", apart="b")

    assert "none sees another work folder than b" in line(told(viewer), "a")


def test_each_stage_has_its_role_and_the_hosts_that_serve_it(viewer):
    host("a", "download,ingest")
    host("b", "process")
    host("gone", "process", seconds=3600)
    shown = told(viewer).split(" Queue ")[1]

    assert re.search(r"dates to prepare download a 0 0 \d+ \N{EN DASH}", shown)
    assert re.search(r"jobs to process process b 0 0 \d+ \N{EN DASH}", shown)


def test_of_many_hosts_some_are_named():
    for number in range(11):
        host(f"n{number:02d}", "process")
    found = hosts.queues(hosts.workers(), [])[1]

    assert found.by == "n00, n01, n02, n03, n04, n05, n06, n07 and 3 more"


def test_work_that_no_host_serves_is_told_on_every_page(viewer):
    rows.job()
    Worker.objects.all().delete()
    host("a", "download,ingest")
    shown = told(viewer)

    assert "jobs to process process no host 1" in shown
    assert "jobs to process waits: no host serves the role process (phoenix worker --role process starts one" in shown
    home = viewer.get("/").content.decode()
    assert "no host serves process" in home
    assert "Somebody has to start a worker with the role process." in home
    assert '<meta name="trouble" content="no host serves process"' in home


def test_a_site_without_work_needs_no_host_for_any_role(viewer):
    rows.put(rows.job(), JobState.INGESTED)
    Worker.objects.all().delete()
    host("a", "download")

    assert "no host serves" not in viewer.get("/").content.decode()


def test_the_page_of_a_waiting_job_says_that_nobody_serves_its_role(viewer):
    job = rows.job()
    ProcessingDate.objects.update(state="PROCESSING")
    Worker.objects.all().delete()
    host("a", "download,ingest")

    assert "Waiting because no host serves the role process" in told(viewer, f"/abs/{job.block.name}/")


@pytest.mark.parametrize(("seconds", "gone"), [(1, False), (3600, True)])
def test_products_that_lie_on_one_host_alone_are_told(viewer, seconds, gone):
    job = rows.put(rows.job(), JobState.PROCESSED)
    Ingestion.objects.create(job=job, label="A", state=IngestState.QUEUED, place="south")
    host("south", seconds=seconds)
    shown = told(viewer)

    assert "1 product to ingest: only south has it, in a work folder of its own." in shown
    assert ("south is silent" in shown) == gone


def test_the_page_takes_as_many_queries_for_a_hundred_hosts_as_for_one(viewer):
    rows.job()
    viewer.get("/system/")
    with CaptureQueriesContext(connection) as one:
        viewer.get("/system/")
    for number in range(100):
        host(f"n{number:03d}", "process")
    with CaptureQueriesContext(connection) as hundred:
        viewer.get("/system/")

    assert len(hundred) == len(one)


def test_the_numbers_of_workers_by_role_are_measured(viewer):
    rows.job()
    Worker.objects.all().delete()
    host("a", "download,ingest", slots=0)
    host("b", "process")
    measured = viewer.get("/metrics").content.decode()

    assert 'phoenix_role_workers{role="process"} 1.0' in measured
    assert 'phoenix_role_workers{role="ingest"} 1.0' in measured
    assert "phoenix_worker_slots 4.0" in measured


def test_a_role_that_nobody_serves_is_a_notice():
    rows.job()
    Worker.objects.all().delete()
    host("a", "download,process")

    assert [(breach.kind, breach.key, breach.title) for breach in workers()] == [
        (Kind.NO_WORKER, "ingest", "no host serves ingest")
    ]
