"""Jobs whose recipes run in a real Slurm: what the database has of them, and what Slurm has left."""

import threading

import pytest
from django.utils import timezone

from phoenix_site.settings import EXECUTORS
from processing import control, registry
from processing.core.states import JobState, Reason
from processing.models import Stop
from processing.plugins.executors.slurm import ask
from processing.workflow.prepare import prepare
from processing.workflow.process import process
from tests import testcam
from tests.processing.conftest import run_night, state
from tests.processing.test_stop import stop_when_started

# A heartbeat sees what is committed.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def in_slurm(slurm, archive, settings):
    """Let recipes run in Slurm, with more options of `sbatch`."""

    def running(*options: str) -> None:
        entry = {"BACKEND": EXECUTORS["slurm"], "OPTIONS": {"look_every": 0.1, "options": options}}
        settings.PHOENIX = {**settings.PHOENIX, "EXECUTOR": entry}
        registry.executor.cache_clear()

    return running


def test_a_job_in_slurm_is_processed_and_ingested(in_slurm, add):
    in_slurm()
    job = add()
    run_night()

    assert state(job) == (JobState.INGESTED, "")
    assert job.log_text.text.startswith("recipe of")


def test_a_stop_that_terminates_ends_a_job_in_slurm(in_slurm, add):
    in_slurm()
    job = add(sleep=60)
    prepare()
    stopper = threading.Thread(target=stop_when_started)
    stopper.start()
    process()
    stopper.join()

    assert state(job) == (JobState.STOPPED, Reason.STOPPED_BY_OPERATOR)
    assert (timezone.now() - Stop.objects.get().at).total_seconds() < 10
    assert ask("squeue", "--noheader").stdout == ""


def test_a_job_that_slurm_does_not_take_waits_and_has_its_attempt_left(in_slurm, add):
    in_slurm("--partition=nowhere")
    job = add()
    prepare()
    process()

    assert state(job) == (JobState.WAITING, "")
    assert "Slurm takes no job" in control.why_waiting(job)
    assert (job.started, testcam.starts()) == (None, [])
