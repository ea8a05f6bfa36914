"""Jobs take cores and memory of a host, and a claim asks for them."""

import os
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from processing import control
from processing.core.limits import Guard, Host, Load, Offer
from processing.core.ports import Command
from processing.core.states import JobState
from processing.models import Certificate, Instrument, Job, Worker
from processing.plugins.executors.local import LocalExecutor
from processing.workflow import machine
from processing.workflow.prepare import prepare
from processing.workflow.waiting import why_waiting
from tests import testcam

HOST = "north"
QUIET = Load(per_core=0.1, free_memory=32.0)


def claim(offer, host=HOST):
    """The next job that a worker of a host would get."""
    return Job.objects.claim(f"{host}:boot:1:1", list(Instrument.objects.all()), offer)


def asks(job, cores=1, memory=0.0):
    """Give a job a certificate of its own, whose jobs take so much of a host."""
    content = {**testcam.CERTIFICATE, "cores": cores, "memory_gb": memory}
    name = f"{cores} cores, {memory} GB"
    Certificate.objects.load([{**content, "name": name}])
    Job.objects.filter(pk=job.pk).update(certificate=Certificate.objects.get(name=name))
    return job


def lasts(job, seconds, **more):
    Job.objects.filter(pk=job.pk).update(expected_seconds=seconds, late_seconds=seconds, **more)
    return job


@pytest.fixture
def three(add) -> list[Job]:
    """Three jobs in turn, the first the longest."""
    jobs = [add(number) for number in (1, 2, 3)]
    prepare()
    return [lasts(job, 100.0 * (3 - number)) for number, job in enumerate(jobs)]


def test_a_job_waits_while_those_that_run_leave_it_too_few_cores(three):
    first, second, _ = three
    asks(first, cores=2), asks(second, cores=3)

    assert [claim(Offer(Host(4))), claim(Offer(Host(4)))][0] == first
    assert Job.objects.get(pk=second.pk).state == JobState.WAITING


def test_a_job_waits_while_those_that_run_leave_it_too_little_memory(three):
    first, second, third = three
    asks(first, memory=10.0), asks(second, memory=10.0), asks(third, memory=10.0)

    assert [claim(Offer(Host(4, 16.0))) for _ in range(2)] == [first, None]


def test_a_shorter_job_passes_one_that_waits_for_room_if_it_is_done_before_that_can_start(three):
    first, second, third = three
    asks(first, cores=2), asks(second, cores=4)

    assert [claim(Offer(Host(4))) for _ in range(2)] == [first, third]


def test_no_job_passes_one_that_waits_for_room_and_would_still_run_when_that_could_start(three):
    first, second, third = three
    asks(first, cores=2), asks(lasts(second, 250.0), cores=4), lasts(third, 240.0)
    lasts(first, 300.0)
    assert claim(Offer(Host(4))) == first
    Job.objects.filter(pk=first.pk).update(claimed=timezone.now() - timedelta(seconds=200))

    assert claim(Offer(Host(4))) is None


def test_a_job_that_asks_for_more_than_there_is_starts_alone(three):
    first, *_ = three
    asks(first, cores=64, memory=1000.0)

    assert [claim(Offer(Host(4, 8.0))) for _ in range(2)] == [first, None]


def test_what_runs_on_one_host_leaves_the_room_of_another(three):
    first, second, _ = three
    asks(first, cores=4), asks(second, cores=4)

    assert [claim(Offer(Host(4)), host) for host in ("north", "south")] == [first, second]


def test_a_host_starts_no_more_jobs_than_it_has_slots(three):
    assert [bool(claim(Offer(Host(9, jobs=2)))) for _ in range(3)] == [True, True, False]


def test_by_day_no_more_jobs_start_than_the_daytime_work_is_said_to_bear(three):
    day = Offer(Host(9), Guard(jobs=1), QUIET)

    assert [bool(claim(day)) for _ in range(2)] == [True, False]


@pytest.mark.parametrize("load", [Load(0.8, 32.0), Load(0.1, 1.9)])
def test_by_day_nothing_starts_on_a_machine_that_is_busy_or_short_of_memory(three, load):
    assert claim(Offer(Host(9), Guard(jobs=9), load)) is None


def test_by_day_a_job_leaves_the_memory_that_the_daytime_work_needs(three):
    first, second, _ = three
    asks(first, memory=31.0)

    assert claim(Offer(Host(9, 64.0), Guard(jobs=9), QUIET)) == second


def test_outside_the_window_of_the_site_a_host_has_a_guard_and_inside_it_has_none(settings):
    settings.PHOENIX = {**settings.PHOENIX, "WINDOW": "20:00-06:00"}

    assert machine.offer(datetime(2012, 5, 9, 12, tzinfo=UTC)).guard
    assert not machine.offer(datetime(2012, 5, 9, 23, tzinfo=UTC)).guard


def test_a_job_without_room_says_what_it_needs_and_what_is_free(three):
    first, second, _ = three
    asks(first, cores=2), asks(second, cores=3, memory=4.0)
    control.heard(HOST)
    Worker.objects.update(host=HOST, offer={"host": {"cores": 4, "memory": 16.0}, "guard": None, "load": None})
    claim(Offer(Host(4)))
    Job.objects.filter(pk=three[2].pk).delete()

    assert why_waiting(Job.objects.get(pk=second.pk)) == (
        "Waiting because on north, it needs 3 cores and 4 GB; 2 of 4 cores and 16.0 of 16.0 GB are free."
    )


def test_a_job_that_the_daytime_work_keeps_says_so(three):
    control.heard(HOST)
    busy = {"per_core": 0.9, "free_memory": 8.0}
    guard = {"jobs": 1, "per_core": 0.7, "free_memory": 2.0}
    Worker.objects.update(host=HOST, offer={"host": {"cores": 4}, "guard": guard, "load": busy})

    assert why_waiting(Job.objects.get(pk=three[2].pk)) == (
        "Waiting because on north, the machine's load is 0.90 per core, more than 0.7."
    )


def test_a_certificate_cannot_ask_for_cores_that_no_host_has(certified):
    content = {**testcam.CERTIFICATE, "cores": 5000, "memory_gb": 1e9}

    with pytest.raises(Exception, match=r"cores: must be from 0 to 1024; memory_gb: must be from 0 to 16384"):
        Certificate.objects.load([content])


def test_a_recipe_steps_back_for_other_programs_as_far_as_the_site_says(tmp_path):
    executor = LocalExecutor(nice=7)
    command = Command(argv=("nice",), cwd=tmp_path, log=tmp_path / "log", seconds=9.0, memory=0, token="")
    executor.run(command)

    assert int((tmp_path / "log").read_text()) == min(os.nice(0) + 7, 19)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_claims_at_the_same_time_never_take_more_than_their_host_has(add):
    jobs = [asks(add(number), cores=1 + number % 3, memory=2.0 + number % 4) for number in range(24)]
    prepare()
    for number, job in enumerate(jobs):
        lasts(job, 1.0 + number)
    offer, most = Offer(Host(5, 12.0, jobs=4)), []

    together = threading.Barrier(8)

    def work() -> None:
        """A worker that takes jobs, and ends each a moment later."""
        together.wait()
        try:
            for _ in range(60):
                if job := claim(offer):
                    most.append(sums())
                    time.sleep(0.2)
                    Job.objects.filter(pk=job.pk).update(state=JobState.PROCESSED)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert not Job.objects.filter(state=JobState.WAITING).exists()
    assert max(cores for cores, _, _ in most) <= 5
    assert max(memory for _, memory, _ in most) <= 12.0
    assert 1 < max(number for _, _, number in most) <= 4


def sums() -> tuple[int, float, int]:
    """Cores, memory and number of what runs."""
    running = list(Job.objects.filter(state=JobState.RUNNING).values_list("certificate__cores", "certificate__memory"))
    return sum(cores for cores, _ in running), sum(memory for _, memory in running), len(running)


def started(job):
    """Let the recipe of a job run."""
    Job.objects.filter(pk=job.pk).update(started=timezone.now())


def test_the_next_job_is_claimed_ahead_when_one_of_those_that_run_is_done_soon(three):
    offer = Offer(Host(1, ahead=1))
    first = claim(offer)
    assert claim(offer) is None

    started(lasts(first, 3000.0))
    assert claim(offer) is None
    lasts(first, 30.0)
    assert [claim(offer), claim(offer)] == [three[1], None]


def test_no_memory_is_promised_to_a_job_that_is_claimed_ahead(three):
    for job in three:
        asks(job, memory=6.0)
    started(lasts(claim(Offer(Host(1, 8.0, ahead=1))), 30.0))

    assert claim(Offer(Host(1, 8.0, ahead=1))) is None
    assert claim(Offer(Host(1, 12.0, ahead=1))) == three[1]


def test_by_day_nothing_is_claimed_ahead(settings):
    settings.PHOENIX = {**settings.PHOENIX, "WINDOW": "20:00-06:00"}

    assert machine.offer(datetime(2012, 5, 9, 22, tzinfo=UTC)).host.ahead == settings.AHEAD
    assert machine.offer(datetime(2012, 5, 9, 12, tzinfo=UTC)).host.ahead == 0
