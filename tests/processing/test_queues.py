"""One cluster for several queues: which messages a host takes, what it sends, and what waits."""

import pytest
from django_q.brokers import get_broker
from django_q.models import OrmQ
from django_q.tasks import async_task

from processing.core.roles import Area, Role
from processing.workflow.queues import served
from processing.workflow.sweep import sweep
from processing.workflow.wake import Stage, queued, wake
from tests.processing.test_redis import redis, use  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db


def taken() -> list[str]:
    """What this host's cluster takes, until there is nothing that it takes."""
    broker, found = get_broker(), []
    while messages := broker.dequeue():
        found += [OrmQ.objects.get(pk=pk).func() for pk, _ in messages]
        [broker.acknowledge(pk) for pk, _ in messages]
    return found


@pytest.fixture
def _every_message(db) -> None:
    """One of each stage waits, and one of the schedule."""
    OrmQ.objects.all().delete()
    for stage in Stage:
        wake(stage)
    async_task("processing.tasks.sweep")


class TestMessages:
    """Which host takes which."""

    pytestmark = pytest.mark.usefixtures("_every_message")

    @pytest.mark.parametrize(
        ("role", "stages"),
        [
            (Role.DOWNLOAD, {Stage.PREPARE, Stage.FILL}),
            (Role.PROCESS, {Stage.PROCESS}),
            (Role.INGEST, {Stage.INGEST, Stage.FINISH}),
        ],
    )
    def test_a_host_takes_those_of_its_role_and_the_sweep(self, serve, role, stages):
        serve(role)

        assert {*taken()} == {*stages, "processing.tasks.sweep"}

    def test_a_host_of_all_roles_takes_every_message_with_one_cluster(self, serve):
        serve()

        assert {*taken()} == {*Stage, "processing.tasks.sweep"}

    def test_the_roles_together_leave_no_queue_out(self, serve):
        serve()
        everything = served()
        alone = []
        for role in Role:
            serve(role)
            alone += served()[1:]

        assert sorted(everything) == sorted(["phoenix", *alone])
        assert {*everything} == {"phoenix", *(stage.queue for stage in Stage)}

    def test_a_look_at_the_queues_costs_as_much_as_at_one(self, serve, django_assert_num_queries):
        serve()
        broker = get_broker()
        with django_assert_num_queries(2):  # a message is found, and locked
            broker.dequeue()

    def test_a_message_is_taken_by_one_of_two_clusters_that_saw_it(self):
        seen = OrmQ.objects.first()
        broker = get_broker()

        assert [broker.take(seen.pk, seen.lock) for _ in range(2)] == [True, False]

    def test_waiting_messages_are_counted_by_stage(self):
        wake(Stage.PROCESS, 2)

        assert queued() == {**dict.fromkeys(Stage, 1), Stage.PROCESS: 3}


@pytest.mark.django_db(transaction=True)
class TestRedis:
    """The same through Redis."""

    def test_a_host_takes_messages_of_its_role_only(self, redis, serve):  # noqa: F811
        for stage in Stage:
            wake(stage)
        serve(Role.INGEST)
        broker = get_broker()

        assert [len(broker.dequeue()) for _ in range(3)] == [1, 1, 0]
        assert queued() == {stage: int(stage.role is not Role.INGEST) for stage in Stage}


class TestSweep:
    """What a host finds due, and sends."""

    def test_messages_that_nobody_takes_do_not_grow_in_number(self, add, serve):
        serve(Role.PROCESS)
        add()
        OrmQ.objects.all().delete()
        for _ in range(3):
            sweep()

        assert (queued() or {})[Stage.PREPARE] == 1

    def test_it_wakes_other_hosts_too(self, add, serve):
        serve(Role.INGEST)
        add()
        OrmQ.objects.all().delete()
        sweep()

        assert [message.key for message in OrmQ.objects.all()] == ["phoenix.prepare"]


class TestOwnWorkFolder:
    """A host whose products no other host sees."""

    def test_it_is_woken_for_them_alone(self, serve, named):
        serve(local=[Area.WORK])
        named("south")
        wake(Stage.INGEST)
        named("north")

        assert Stage.INGEST not in taken()
        assert ((queued() or {})[Stage.INGEST], (queued("south") or {})[Stage.INGEST]) == (0, 1)
        named("south")
        assert Stage.INGEST in taken()
