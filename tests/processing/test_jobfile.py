"""Job files: processing on one machine without the queue, and its results in the database, once."""

import signal
import time

import pytest

from processing.core.states import JobState
from processing.models import Event, Job, Product, Score
from tests import testcam
from tests.processing.conftest import ab_text, state
from tests.processing.jobfiles import JobFile

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def jobs(child_environment, archive, tmp_path):
    """A job file that is not written yet."""
    return JobFile(tmp_path / "jobs" / "execAB", child_environment)


def test_a_night_that_was_run_from_a_file_is_pushed_as_the_queue_would_have_left_it(jobs, add):
    good, failed, noise = add(1), add(2, exit=6), add(3, s2n=0.2)
    virtual = add(4, lines=("MCALIB\tVIRTUAL\tx\tTC_MFLT.fits\tMASTER_FLAT_ONE\t1.0\tOK",))

    assert jobs.write()[1]["abs"] == 3
    code, found = jobs.run("--workers", "2")
    assert (code, found["states"]) == (1, {"PROCESSED": 1, "FAILED": 2})
    assert state(good) == (JobState.WAITING, "")
    code, found = jobs.push()

    assert (code, len(found["brought"]), found["conflicts"]) == (0, 3, [])
    assert state(good) == (JobState.INGESTED, "")
    assert state(failed) == (JobState.FAILED, "RECIPE_FAILED")
    assert state(noise) == (JobState.FAILED, "NO_SIGNAL")
    assert state(virtual) == (JobState.REJECTED, "VIRTUAL_CALIBRATION")
    assert Product.objects.get().job == good
    assert good.date.fresh().state == "FINISHED"


def test_a_second_push_brings_nothing_twice(jobs, add):
    job = add(1)
    jobs.write()
    jobs.run()
    jobs.push()
    before = Event.objects.count(), Score.objects.count(), Product.objects.count()

    code, found = jobs.push()

    assert (code, found["brought"], found["here"]) == (0, [], [job.block.name])
    assert (Event.objects.count(), Score.objects.count(), Product.objects.count()) == before
