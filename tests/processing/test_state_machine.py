"""Workers, stops and sweeps in any order: no rule of the engine breaks, and everything comes to an end."""

import socket
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from processing import control
from processing.core.errors import Halt, HostHalt
from processing.core.states import ENDED, DateState, JobState, Reason
from processing.models import Certificate, Event, Hold, Job, ProcessingDate, Stop
from processing.workflow import gate
from processing.workflow.close import close
from processing.workflow.finish import finish
from processing.workflow.hold import hold
from processing.workflow.ingest import conclude
from processing.workflow.prepare import prepare
from processing.workflow.register import register
from processing.workflow.sweep import sweep
from tests import testcam
from tests.processing.conftest import ab_text

WORKERS = st.sampled_from(["north:0:1:1.00", "south:0:1:1.00", "west:0:1:1.00"])
MOST = 8


class Engine(RuleBasedStateMachine):
    """What happens to the jobs of some dates; workers are other hosts, believed until their lease has passed."""

    def __init__(self) -> None:
        super().__init__()
        call_command("flush", verbosity=0, interactive=False)
        Certificate.objects.load([testcam.CERTIFICATE])
        self.registered = 0
        self.held: dict[str, Job] = {}
        self.starts: Counter[int] = Counter()
        self.ended: dict[int, str] = {}

    @precondition(lambda self: self.registered < MOST)
    @rule(day=st.integers(1, 2))
    def register_an_ab(self, day: int) -> None:
        self.registered += 1
        register(ab_text(self.registered, date=f"2012-05-0{day}"), "x.ab")

    @rule()
    def prepare_a_date(self) -> None:
        prepare()

    @rule(worker=WORKERS)
    def claim(self, worker: str) -> None:
        if job := Job.objects.claim(worker, gate.ready()):
            assert not Stop.objects.all().active().exists()
            assert not Hold.objects.all().felt_on(socket.gethostname()).exists()
            self.held[worker] = job

    @rule(worker=WORKERS)
    def start(self, worker: str) -> None:
        if worker in self.held and self.held[worker].start():
            self.starts[self.held[worker].pk] += 1

    @rule(worker=WORKERS, good=st.booleans())
    def end(self, worker: str, good: bool) -> None:
        """Also by workers that were taken for dead long ago."""
        job = self.held.pop(worker, None)
        if job is None:
            return
        if good and job.fresh().started:
            job.move(JobState.PROCESSED, where=job.mine)
            conclude([job])
        else:
            job.end(JobState.FAILED, Reason.RECIPE_FAILED, "exit code 1")
        close(job)

    @rule(worker=WORKERS)
    def kill(self, worker: str) -> None:
        """Nobody hears of it: its job has nothing but its lease."""
        self.held.pop(worker, None)

    @rule(worker=WORKERS)
    def give_back(self, worker: str) -> None:
        if worker in self.held:
            self.held[worker].give_back("the archive is away")

    @rule()
    def let_leases_pass(self) -> None:
        past = timezone.now() - timedelta(seconds=1)
        Job.objects.filter(state=JobState.RUNNING).update(lease=past)

    @rule(scope=st.sampled_from(["", "TESTCAM"]), terminate=st.booleans())
    def stop(self, scope: str, terminate: bool) -> None:
        if not scope or ProcessingDate.objects.exists():
            control.stop(scope, "a bug", "anna", terminate=terminate)

    @rule(backlog=st.booleans(), days=st.integers(0, 10000))
    def resume(self, backlog: bool, days: int) -> None:
        for row in Stop.objects.all().active():
            Stop.objects.filter(pk=row.pk).update(at=timezone.now() - timedelta(days=days))
            row.refresh_from_db()
            control.resume(row, "bert", with_backlog=backlog)

    @rule(here=st.booleans())
    def hold(self, here: bool) -> None:
        """The archive, or this host's disk, is in trouble."""
        if date := ProcessingDate.objects.first():
            hold(date, (HostHalt if here else Halt)("broken"))

    @rule()
    def release(self) -> None:
        control.release_holds("", "anna")

    @rule()
    def sweep_twice(self) -> None:
        sweep()
        sweep()

    @rule()
    def finish_a_date(self) -> None:
        finish()

    @invariant()
    def a_process_is_started_once(self) -> None:
        assert all(number == 1 for number in self.starts.values())

    @invariant()
    def an_end_is_an_end(self) -> None:
        now = dict(Job.objects.filter(state__in=ENDED).values_list("pk", "state"))
        assert self.ended.items() <= now.items()
        self.ended = now

    @invariant()
    def a_waiting_job_has_started_nothing(self) -> None:
        assert not Job.objects.filter(state=JobState.WAITING).exclude(started=None, token=None).exists()

    @invariant()
    def a_running_job_has_a_worker_and_a_lease(self) -> None:
        running = Job.objects.filter(state=JobState.RUNNING)
        assert not running.filter(token=None).exists()
        assert not running.filter(lease=None).exists()

    @invariant()
    def every_end_has_one_event(self) -> None:
        ends = Event.objects.filter(subject="job", new__in=ENDED).values_list("subject_id", flat=True)
        assert Counter(ends) == dict.fromkeys(self.ended, 1)

    def teardown(self) -> None:
        """Whatever happened: when stops are resumed and leases have passed, everything comes to its end."""
        self.resume(backlog=False, days=0)
        self.release()
        self.let_leases_pass()
        for _ in range(3 * MOST):
            if not ProcessingDate.objects.exclude(state=DateState.FINISHED).exists():
                break
            sweep()
            while any([prepare(), finish()]):
                pass
            if job := Job.objects.claim("last:0:1:1.00", gate.ready()):
                job.end(JobState.FAILED, Reason.RECIPE_FAILED, "exit code 1")
                close(job)
        finish()
        assert not Job.objects.exclude(state__in=ENDED).exists()
        assert not ProcessingDate.objects.exclude(state=DateState.FINISHED).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("archive")
def test_no_order_of_events_breaks_a_rule(request: Any) -> None:
    short = settings(
        max_examples=15,
        stateful_step_count=25,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Engine, settings=short)
