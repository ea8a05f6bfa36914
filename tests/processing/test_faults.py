"""The short campaign of injected faults: every kind once, and nothing is lost, doubled, stuck or left over."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from processing.demo import masters
from tests.faults.work import NIGHT, SEED

# On PostgreSQL only: it takes two minutes, and once is enough.  The campaign has a server of its own.
pytestmark = [pytest.mark.cluster, pytest.mark.postgres, pytest.mark.esorex]
LIMIT = 8.0  # minutes; on two free cores it takes less than three
LAST_LINE = re.compile(r"faults (\d+) lost 0 doubled 0 stuck 0 leftovers 0")


@pytest.fixture(scope="module")
def calibrations() -> None:
    """Those of the real pipeline, made before the campaign so that its time is that of the faults."""
    cache = Path(settings.BASE_DIR) / "var" / "masters"
    masters.make(cache, seed=SEED, date=NIGHT, arms=["blue"], advance=print)


def campaign(*options: str) -> subprocess.CompletedProcess[str]:
    """A campaign in a process of its own; it ends itself at its limit, and what it says is shown if the test fails."""
    command = [sys.executable, "-m", "tests.faults", "--minutes", str(LIMIT), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            output, _ = process.communicate(timeout=LIMIT * 60 + 60)
        except BaseException:
            process.send_signal(signal.SIGTERM)  # it takes its clusters along
            raise
    print(output)  # noqa: T201 - shown when the test fails
    return subprocess.CompletedProcess(command, process.returncode, output)


@pytest.mark.timeout(LIMIT * 60 + 120)
@pytest.mark.usefixtures("calibrations")
def test_a_hundred_jobs_end_once_each_whatever_breaks():
    done = campaign("--jobs", "100", "--each-once", "--esorex", "1")

    faults = LAST_LINE.fullmatch(done.stdout.splitlines()[-1])
    assert faults
    assert int(faults[1]) >= 12
    assert done.returncode == 0


@pytest.mark.timeout(LIMIT * 60 + 120)
def test_the_same_with_redis_as_queue_that_forgets_what_it_holds():
    done = campaign("--jobs", "40", "--each-once", "--esorex", "0", "--only", "Redis", "--broker", "redis")

    assert LAST_LINE.fullmatch(done.stdout.splitlines()[-1])
    assert done.returncode == 0
