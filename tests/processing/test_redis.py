"""Redis as broker: it only carries messages, so it may be wiped, killed or away, and no job is lost."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from django.views.debug import SafeExceptionReporterFilter
from django_q.conf import Conf
from django_q.models import OrmQ

from phoenix_site.broker import broker
from processing.checks import check_redis, check_settings
from processing.core.states import JobState
from processing.models import Job
from processing.workflow import gate
from processing.workflow.prepare import prepare
from processing.workflow.redisqueues import ThroughRedis
from processing.workflow.sweep import sweep
from processing.workflow.wake import QueueAway, Stage, queued, wake
from processing.workflow.worker import owner
from tests import testcam
from tests.processing.conftest import run_night, state
from tests.processing.test_cluster import cluster, wait_until_finished
from tests.processing.test_supervisor import session_of, supervisor
from tests.redis_server import RedisServer, running

NOWHERE = "unix:///nowhere/redis?db=0"
cluster_test = [pytest.mark.cluster, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def use(monkeypatch, settings):
    """Let this process send its messages through the Redis of a URL."""

    def using(url: str) -> None:
        chosen = broker(url)
        settings.Q_CLUSTER = {key: value for key, value in settings.Q_CLUSTER.items() if key != "orm"} | chosen
        monkeypatch.setattr(Conf, "ORM", None)
        monkeypatch.setattr(Conf, "REDIS", chosen["redis"])
        monkeypatch.setattr(Conf, "BROKER_CLASS", chosen["broker_class"])

    return using


@pytest.fixture
def redis(use) -> Iterator[RedisServer]:
    """A server that this process uses."""
    with running() as server:
        use(server.url)
        yield server


@pytest.fixture
def environment(redis, child_environment) -> dict[str, str]:
    """For a cluster that uses it, too."""
    return {**child_environment, "PHOENIX_BROKER_URL": redis.url}


def messages() -> int:
    """How many wait, of all stages together."""
    return sum((queued() or {}).values())


def wait_until_one_has_started() -> None:
    end = time.monotonic() + 60
    while not testcam.starts():
        assert time.monotonic() < end
        time.sleep(0.05)


def check_that_all_ran_once(jobs: list[Job]) -> None:
    assert [state(job) for job in jobs] == [(JobState.INGESTED, "")] * len(jobs)
    assert sorted(testcam.starts()) == sorted(job.block.name for job in jobs)


def test_whoever_sends_and_counts_need_not_know_what_redis_says(use):
    use(NOWHERE)
    away = ThroughRedis("processing")

    with pytest.raises(QueueAway, match="nowhere"):
        away.enqueue("message")
    with pytest.raises(QueueAway, match="nowhere"):
        away.lengths(["processing"])


class TestANight:
    """Through a real cluster."""

    pytestmark = cluster_test

    def test_its_messages_go_through_redis_and_none_through_the_database(self, redis, environment, add):
        jobs = [add(number) for number in range(3)]
        assert messages() == len(jobs)
        with cluster(environment):
            wait_until_finished(90)

        check_that_all_ran_once(jobs)
        assert OrmQ.objects.count() == 0

    def test_redis_wiped_before_the_night_and_in_its_middle_loses_no_job(self, redis, environment, add):
        jobs = [add(number, sleep=0.5) for number in range(6)]
        redis.client.flushall()
        with cluster(environment):
            wait_until_one_has_started()
            redis.client.flushall()
            wait_until_finished(90)

        check_that_all_ran_once(jobs)

    def test_redis_killed_and_started_empty_in_mid_night_loses_no_job(self, redis, environment, add):
        jobs = [add(number, sleep=0.5) for number in range(6)]
        with cluster(environment):
            wait_until_one_has_started()
            redis.kill()
            time.sleep(2)  # away for a while: jobs end, and wake the next in vain
            redis.start()
            wait_until_finished(120)

        check_that_all_ran_once(jobs)

    @pytest.mark.postgres  # it takes half a minute: once is enough
    def test_a_cluster_is_not_taken_to_hang_while_redis_is_away(self, redis, environment, add):
        jobs = [add(number, sleep=0.5) for number in range(6)]
        with supervisor(environment):
            before = session_of()
            wait_until_one_has_started()
            redis.kill()
            time.sleep(10)  # its patience is four seconds
            after = session_of()
            redis.start()
            wait_until_finished(120)

        assert after == before
        check_that_all_ran_once(jobs)


@pytest.mark.django_db(transaction=True)
class TestAway:
    """Nobody listens, or nobody answers."""

    def test_a_job_is_processed_though_nobody_can_be_woken(self, use, add, caplog):
        job = add()
        use(NOWHERE)
        run_night()

        assert state(job) == (JobState.INGESTED, "")
        assert "the queue did not take a message" in caplog.text

    def test_the_sweep_still_ends_lost_jobs_and_calls_nothing_due_that_it_cannot_wake(self, use, add):
        lost, waiting = add(1), add(2)
        prepare()
        claimed = Job.objects.claim(owner(), gate.ready())
        assert claimed
        assert claimed.start()
        Job.objects.filter(pk=claimed.pk).update(lease=timezone.now() - timedelta(seconds=1))
        use(NOWHERE)
        found = sweep()

        assert found["lost"] == 1
        assert "process" not in found
        assert {state(job)[0] for job in (lost, waiting)} == {JobState.LOST, JobState.WAITING}

    def test_a_server_that_does_not_answer_keeps_nobody_for_more_than_some_seconds(self, use):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            use(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
            before = time.monotonic()
            wake(Stage.PROCESS, 50)

        assert time.monotonic() - before < 15

    def test_messages_of_a_transaction_are_sent_after_its_commit(self, redis):
        with transaction.atomic():
            wake(Stage.PROCESS)
            assert messages() == 0

        assert messages() == 1

    def test_the_check_for_deployment_names_it_and_start_up_does_not_ask(self, use):
        use(NOWHERE)

        assert [message.id for message in check_redis()] == ["phoenix.W001"]
        assert check_settings() == []


@pytest.mark.parametrize(
    "url",
    [
        "memcached://:s3cret@host/0",
        "host:s3cret@6379",
        "redis://:s3cret#@host:6379/0",
        "redis://:s3cret/@host:6379/0",
        "redis://:s3cret@host:port/0",
        "redis://:s3cret@host/db",
        "redis://:s3cret@host/0?no_such_option=1",
        "unix://?password=s3cret",
    ],
)
def test_a_url_that_cannot_be_used_stops_start_up_with_the_variable_and_without_the_password(child, url):
    done = child(url)

    assert done.returncode == 1
    assert "PHOENIX_BROKER_URL: must be empty, or redis://" in done.stderr
    assert "s3cret" not in done.stdout + done.stderr


@pytest.mark.parametrize("url", ["", "redis://host:6379/3", "rediss://user:s3cret@host/0", "unix:///run/redis?db=1"])
def test_a_url_of_each_kind_starts_up_without_asking_the_network(child, url):
    assert child(url).returncode == 0


@pytest.fixture
def child():
    """Start up with a URL."""

    def starting(url: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", "check"]
        environment = {**os.environ, "PHOENIX_BROKER_URL": url}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    return starting


def test_every_part_of_a_url_is_heeded():
    found = broker("rediss://user:p%40ss@host:6380/3?ssl_ca_certs=/etc/ca.pem&socket_timeout=9")["redis"]
    expected = {"host": "host", "port": 6380, "db": 3, "username": "user", "password": "p@ss", "ssl": True}

    assert expected.items() <= found.items()
    assert (found["ssl_ca_certs"], found["socket_timeout"]) == ("/etc/ca.pem", 9)


def test_the_error_page_does_not_show_the_password(settings):
    settings.Q_CLUSTER = broker("redis://:s3cret@host:6379/0")

    assert "s3cret" not in str(SafeExceptionReporterFilter().get_safe_settings())


@pytest.mark.parametrize(
    "wrong", [{"orm": "archive"}, {"orm": "default", "redis": {}}, {"sqs": {}}, {"broker_class": "a.b"}, {}]
)
def test_a_queue_beside_the_database_and_redis_is_refused(settings, wrong):
    settings.Q_CLUSTER = {key: value for key, value in settings.Q_CLUSTER.items() if key != "orm"} | wrong

    assert [message.id for message in check_settings()] == ["phoenix.E007"]
