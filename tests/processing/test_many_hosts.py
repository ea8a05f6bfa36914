"""Three hosts with addresses of their own: one is cut off, one is killed, and the night goes on."""

import subprocess
import sys

import pytest

from tests.faults.many_hosts import SKIPPED

# It has a server of its own; once is enough.
pytestmark = [pytest.mark.cluster, pytest.mark.postgres]
LIMIT = 240  # seconds; on two free cores a fifth


@pytest.mark.timeout(LIMIT + 60)
def test_a_host_that_is_cut_off_and_one_that_is_killed_lose_and_double_nothing():
    command = [sys.executable, "-m", "tests.faults.many_hosts"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LIMIT)
    if done.returncode == SKIPPED:
        pytest.skip(done.stdout.strip())
    print(done.stdout, done.stderr)  # noqa: T201 - shown when the test fails

    assert done.stdout.splitlines()[-1] == "hosts 3 lost 0 doubled 0 stuck 0 leftovers 0"
    assert done.returncode == 0
