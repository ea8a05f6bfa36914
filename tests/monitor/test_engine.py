"""The parts of the system page: what workers have in hand, what waits, disks, notices, versions."""

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from monitor import disks, hosts, notices, system
from processing import control
from processing.core.states import IngestState, JobState
from processing.models import Channel, Delivery, Ingestion, Job, Notice, ProcessingDate, Worker
from processing.version import VERSION
from tests.monitor import rows
from tests.monitor.test_system import told

pytestmark = pytest.mark.django_db

OWNER = "north:0123abcd:4711:1.00"
DISK = {
    "area": "work",
    "path": "/data/work",
    "used": 5 * 10**9,
    "whole": True,
    "total": 100 * 10**9,
    "at": "2026-11-22T20:00:00+00:00",
}


def test_what_each_host_has_in_hand_is_shown_with_how_long(viewer):
    begun = timezone.now() - timedelta(hours=3, minutes=12)
    rows.put(rows.job(), JobState.RUNNING, owner=OWNER, claimed=begun)
    ProcessingDate.objects.update(state="PREPARING", owner="south:x:1:1.00")
    shown = told(viewer)

    assert "north processes UVES.2012-05-10T03:17:42.861.ab 3 h 12 min" in shown
    assert "south prepares UVES 2012-05-09 \N{EN DASH}" in shown


def test_an_ingestion_is_in_hand_while_its_lease_lasts(viewer):
    row = rows.attempted(rows.job())
    Ingestion.objects.update(
        state=IngestState.CONVERTED, owner=OWNER, claimed=timezone.now(), lease=timezone.now() + timedelta(seconds=30)
    )
    assert [(task.host, task.what, task.name) for task in system.tasks()] == [
        ("north", "ingests", f"{row.block} RED580")
    ]

    Ingestion.objects.update(lease=timezone.now() - timedelta(seconds=1))
    assert system.tasks() == []


def test_idle_workers_have_nothing_in_hand(viewer):
    assert "No worker has anything in hand." in told(viewer)


def test_the_queue_of_each_stage_has_its_number_and_its_oldest(viewer):
    rows.job()
    Job.objects.update(registered=timezone.now() - timedelta(hours=3))
    rows.job(rows.CELL)
    ProcessingDate.objects.filter(date="2012-05-10").update(state="PROCESSING")
    found = {queue.what: queue for queue in hosts.queues([], [])}

    assert (found["jobs to process"].number, found["jobs to process"].due) == (2, 1)
    assert (found["dates to prepare"].number, found["dates to prepare"].due) == (1, 1)
    assert re.search(r"jobs to process process \S+ 2 1 \d+ 3 h", told(viewer))


def test_a_date_that_ends_waits_since_its_event(viewer):
    rows.job()
    date = ProcessingDate.objects.get()
    ProcessingDate.objects.update(state="FINISHING")
    date.note("PROCESSING", "FINISHING")

    assert (hosts.queues([], [])[-1].number, hosts.queues([], [])[-1].due) == (1, 1)


def test_disks_are_shown_as_the_workers_told_them(viewer):
    control.heard(
        "night", [{**DISK, "free": 20 * 10**9}, {**DISK, "area": "calibrations", "free": 10**9, "whole": False}]
    )
    host = Worker.objects.get().host
    shown = told(viewer)

    assert f"{host}: work area /data/work 5.0 GB 20.0 GB 80 % 80 % of 100.0 GB taken 2026-11-22 20:00" in shown
    assert f"{host}: calibration cache /data/work at least 5.0 GB 1.0 GB nearly full" in shown


def test_without_a_worker_nothing_is_known_of_disks(viewer):
    assert "No worker has told of its disks yet." in told(viewer)


def test_two_workers_of_a_host_tell_of_the_same_disks_once():
    for name in ("a", "b"):
        control.heard(name, [{**DISK, "free": 10**9}])

    assert len(disks.ledger(Worker.objects.all())) == 1


def test_the_sum_of_all_products_is_asked_for_now_and_then_only(django_assert_num_queries):
    rows.attempted(rows.job())
    with django_assert_num_queries(1):
        assert disks.archived() == disks.archived() == {"number": 1, "size": 4_400_000}
    cache.clear()
    with django_assert_num_queries(1):
        disks.archived()


def test_notices_are_shown_with_their_messages_and_what_was_given_up(viewer):
    channel = Channel.objects.create(name="operators", way="EMAIL", address="ops@example.org", kinds=["HELD"])
    lasting = Notice.objects.create(kind="HELD", key="1", title="UVES held")
    over = Notice.objects.create(kind="DIGEST", key="2", title="digest", over=timezone.now())
    Delivery.objects.create(channel=channel, notice=lasting, state="SENT")
    Delivery.objects.create(channel=channel, notice=over, state="FAILED", attempts=5, error="<refused>")
    shown = told(viewer)

    assert "“digest” to operators, after 5 tries: &lt;refused&gt;" in shown
    assert f"UVES held {lasting.since:%Y-%m-%d %H:%M} lasts 1 sent" in shown
    assert [*notices.latest(5).values_list("key", flat=True)] == ["2", "1"]


def test_versions_of_this_page_its_workers_and_the_pipelines_are_shown(viewer):
    rows.attempted(rows.job(), software="uves/6.1.8")
    Worker.objects.update(version="0.0.9")
    shown = told(viewer)

    assert f"0.0.9 this page: {VERSION}" in shown
    assert f"phoenix {VERSION} Django 5.2" in shown
    assert "pipeline of 1 job lately uves/6.1.8 last" in shown


@pytest.mark.parametrize("number", [1, 6])
def test_the_page_costs_the_same_however_much_there_is(viewer, django_assert_max_num_queries, number):
    rows.night(number)
    for each in range(number):
        control.heard(f"w{each}", [{**DISK, "free": 10**9}])
        rows.held(host=f"h{each}")
        Notice.objects.create(kind="HELD", key=str(each), title="UVES held")
    with django_assert_max_num_queries(31):
        viewer.get("/system/")
