"""Failures by their kind: how a job's end makes them known, and what a person does about them."""

import importlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection

from processing import control, migrations
from processing.core.fingerprint import kind
from processing.core.states import ClusterState, JobState, Reason
from processing.models import Cluster, Event, Job, JobLog
from processing.workflow.prepare import prepare
from processing.workflow.process import process
from tests.processing.conftest import run_night, state


@pytest.fixture
def cluster(add):
    """Two ABs that failed alike."""
    for number in (1, 2):
        add(number, exit=4 + number)
    run_night()
    return Cluster.objects.get()


def acknowledge(cluster, expected, why="known", who="anna"):
    return control.acknowledge_failures(cluster, who, why, expected)


def hand_over(cluster, expected, ticket="PIPE-1234"):
    return control.hand_over_failures(cluster, "anna", "not ours", ticket, expected)


def fail(add, number):
    """One more failure of the same kind."""
    job = add(number, exit=9)
    run_night()
    assert state(job)[0] == JobState.FAILED


def test_failures_that_differ_in_numbers_alone_are_one_cluster(cluster):
    fingerprints = set(Job.objects.values_list("fingerprint", flat=True))

    assert fingerprints == {cluster.fingerprint}
    assert (cluster.phase, cluster.recipe, cluster.message) == ("RECIPE", "test_recipe", "exit code <n>")
    assert (cluster.state, cluster.seen) == ("OPEN", 0)


def test_another_error_is_another_cluster(cluster, add):
    add(3, s2n=0.2)
    run_night()

    assert [row.phase for row in Cluster.objects.all()] == ["RECIPE", "SCORES"]


def test_what_ends_well_or_as_intended_has_no_fingerprint(add):
    good, rejected = add(1), add(2, lines=("MCALIB\tVIRTUAL\tx\tTC_VIRT.fits\tMASTER_FLAT_ONE",))
    run_night()

    assert (state(good)[0], state(rejected)[0]) == (JobState.INGESTED, JobState.REJECTED)
    assert set(Job.objects.values_list("fingerprint", flat=True)) == {""}
    assert not Cluster.objects.exists()


def test_an_end_that_somebody_else_has_written_before_leaves_a_cluster_without_failures(add):
    job = add()
    job.refresh_from_db()
    prepare()
    process()
    job.state = JobState.RUNNING

    assert not job.end(JobState.LOST, Reason.WORKER_LOST, "The worker is gone.")
    assert not Job.objects.failed().exists()
    assert Cluster.objects.get().phase == "WORKER"


def test_to_remember_a_kind_twice_changes_nothing(cluster):
    same = kind(JobState.FAILED, Reason.RECIPE_FAILED, "test_recipe", "exit code 77")

    assert Cluster.objects.remember(same) == cluster.fingerprint
    assert Cluster.objects.count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_workers_that_meet_a_new_kind_at_the_same_moment_make_one_cluster():
    found = kind(JobState.FAILED, Reason.RECIPE_FAILED, "test_recipe", "exit code 77")

    def remember(_number):
        try:
            return Cluster.objects.remember(found)
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as pool:
        assert set(pool.map(remember, range(48))) == {found.fingerprint}
    assert Cluster.objects.count() == 1


def test_who_acknowledges_has_seen_all_of_them_and_says_why(cluster):
    assert acknowledge(cluster, 2) == 2
    event = Event.objects.filter(subject="cluster").get()

    assert (cluster.state, cluster.seen, cluster.who, cluster.why) == ("ACKNOWLEDGED", 2, "anna", "known")
    assert (event.who, event.old, event.new) == ("anna", "OPEN", "ACKNOWLEDGED")
    assert event.why == "known (2 failures, 2 of them new)"
    assert cluster.at


def test_a_failure_that_came_since_it_was_counted_is_not_acknowledged_unseen(cluster, add):
    fail(add, 3)

    with pytest.raises(control.Outdated, match="3 failures now, 2 were expected") as refused:
        acknowledge(cluster, 2)
    assert refused.value.found == 3
    assert cluster.fresh().state == "OPEN"
    assert not Job.objects.filter(acknowledged=True).exists()
    assert not Event.objects.filter(subject="cluster").exists()


def test_new_failures_of_a_known_kind_are_counted_and_acknowledged_again(cluster, add):
    acknowledge(cluster, 2)
    fail(add, 3)
    counted = Job.objects.all().by_kind()

    assert [(one.number, one.fresh) for one in counted] == [(3, 1)]
    assert acknowledge(cluster, 3) == 1
    assert cluster.seen == 3


def test_of_two_persons_at_once_the_second_is_told_of_the_first(cluster):
    other = cluster.fresh()
    acknowledge(cluster, 2, who="emil")

    with pytest.raises(control.Outdated, match="emil has just seen to it"):
        acknowledge(other, 2)


def test_sdp_gets_a_kind_under_its_ticket_and_may_give_it_back(cluster):
    hand_over(cluster, 2)
    assert (cluster.state, cluster.ticket, cluster.seen) == ("HANDED_OVER", "PIPE-1234", 2)
    assert Event.objects.filter(subject="cluster").values_list("why", flat=True)[0].startswith("PIPE-1234: not ours")

    acknowledge(cluster, 2)
    assert (cluster.state, cluster.ticket) == ("ACKNOWLEDGED", "PIPE-1234")


@pytest.mark.parametrize("ticket", ["", " ", "a\nb", "x" * 201, "<b>", "a\0", "-1"])
def test_what_is_no_reference_is_no_ticket(cluster, ticket):
    with pytest.raises(ValueError, match="a ticket is"):
        hand_over(cluster, 2, ticket)
    assert cluster.fresh().state == "OPEN"


@pytest.mark.parametrize("ticket", ["PIPE-1234", "#77", "https://jira.example/browse/PIPE-1?a=b", "SDP 2012/5"])
def test_numbers_names_and_addresses_are_tickets(cluster, ticket):
    assert hand_over(cluster, 2, ticket) == 2


@pytest.mark.parametrize("why", ["", " ", "a\0b", "x" * 1001])
def test_a_step_needs_a_word(cluster, why):
    with pytest.raises(ValueError, match="a note"):
        acknowledge(cluster, 2, why)


@pytest.mark.parametrize("expected", [-1, 2**31, 2**70])
def test_what_is_no_number_of_failures_is_refused(cluster, expected):
    with pytest.raises(ValueError, match="no number"):
        acknowledge(cluster, expected)


def test_failures_from_before_get_their_kind_by_the_migration(cluster):
    [name] = [path.stem for path in Path(migrations.__path__[0]).glob("*_failures.py")]
    Job.objects.update(fingerprint="")
    Cluster.objects.all().delete()
    for _ in range(2):
        importlib.import_module(f"processing.migrations.{name}").fingerprints(apps, None)

    assert Cluster.objects.get().fingerprint == cluster.fingerprint
    assert Job.objects.failed().filter(fingerprint=cluster.fingerprint).count() == 2


def test_a_failed_attempt_leaves_the_headers_of_its_files(add):
    job = add(1, s2n=0.2)
    run_night()
    headers = JobLog.objects.get(job=job).headers

    assert state(job) == (JobState.FAILED, Reason.NO_SIGNAL)
    # The test instrument's raw frame is no FITS file.
    assert f"# {job.block.raws.get().dp_id}.fits\n# no FITS file" in headers
    assert "# RED_SCI_POINT_ONE.fits\n# HDU 0\nSIMPLE  =" in headers


def test_a_failed_ingestion_leaves_the_headers_of_the_products(add, monkeypatch):
    job = add()
    monkeypatch.setattr("processing.workflow.ingest.rejects", lambda _findings: True)
    run_night()

    assert state(job)[0] == JobState.INGEST_REJECTED
    assert "# RED_SCI_POINT_ONE.fits\n# HDU 0\n" in JobLog.objects.get(job=job).headers


def test_an_attempt_that_succeeds_leaves_none(add):
    job = add()
    run_night()

    assert JobLog.objects.get(job=job).headers == ""


def test_headers_that_cannot_be_kept_change_no_end(add, monkeypatch):
    def broken(*_args):
        raise OSError

    monkeypatch.setattr("processing.workflow.record.headers", broken)
    job = add(1, exit=6)
    run_night()

    assert state(job) == (JobState.FAILED, Reason.RECIPE_FAILED)


def test_headers_without_end_are_cut(add, monkeypatch):
    monkeypatch.setattr("processing.workflow.record.HEADERS_LIMIT", 10)
    job = add(1, s2n=0.2)
    run_night()

    assert JobLog.objects.get(job=job).headers.endswith("# [… more files …]\n")


def test_every_step_may_follow_every_other_but_none_leads_back_to_open(cluster):
    for new in (ClusterState.ACKNOWLEDGED, ClusterState.HANDED_OVER) * 2:
        (acknowledge if new == ClusterState.ACKNOWLEDGED else hand_over)(cluster, 2)
        assert cluster.state == new
