"""A real cluster: several processes, a real queue, messages that come twice."""

import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from django.utils import timezone
from django_q.models import OrmQ, Schedule

from processing.core.states import DateState, JobState
from processing.models import ProcessingDate, Product
from processing.workflow.wake import Stage, wake
from tests import testcam
from tests.processing.conftest import state

pytestmark = [pytest.mark.cluster, pytest.mark.django_db(transaction=True)]


@contextlib.contextmanager
def cluster(environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """`phoenix worker` on the test's database, stopped gently, and checked to have stopped."""
    command = [sys.executable, "manage.py", "phoenix", "worker", "--grace", "20", "--every", "1"]
    settings = {"DJANGO_SETTINGS_MODULE": "tests.settings", "PHOENIX_WINDOW": "00:00-24:00"}
    process = subprocess.Popen(
        command, env={**environment, **settings}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=60)
        print(output)  # noqa: T201 - shown when the test fails


def wait_until_finished(seconds: float) -> None:
    """Until every date is FINISHED."""
    end = time.monotonic() + seconds
    while ProcessingDate.objects.exclude(state=DateState.FINISHED).exists():
        assert time.monotonic() < end, [(str(d), d.state, d.reason) for d in ProcessingDate.objects.all()]
        time.sleep(0.2)


def test_two_deliveries_of_every_message_run_each_pipeline_once(child_environment, add):
    jobs = [add(number, sleep=0.3) for number in range(6)]
    for stage in Stage:
        wake(stage, 2 * len(jobs))
    with cluster(child_environment):
        wait_until_finished(60)

    assert [state(job)[0] for job in jobs] == [JobState.INGESTED] * len(jobs)
    assert sorted(testcam.starts()) == sorted(job.block.name for job in jobs)
    assert Product.objects.count() == len(jobs)


@pytest.mark.postgres  # it takes half a minute: once is enough
def test_a_cluster_without_any_message_takes_up_what_is_due_by_its_sweep(child_environment, add):
    job = add()
    OrmQ.objects.all().delete()
    assert Schedule.objects.filter(name="sweep").count() == 1
    wake_sweep_soon()
    with cluster(child_environment):
        wait_until_finished(90)

    assert state(job)[0] == JobState.INGESTED


def wake_sweep_soon() -> None:
    """The schedule is due at once; the cluster looks after 30 seconds for the first time."""
    Schedule.objects.update(next_run=timezone.now())
