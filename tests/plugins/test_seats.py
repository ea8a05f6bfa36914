"""Seats that the processes of a machine share."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from processing.plugins.seats import seated

HOLD = """
import sys, time
from pathlib import Path
from processing.plugins.seats import seated
with seated(Path(sys.argv[1]), ((1, 1),), lambda: None):
    print("seated", flush=True)
    time.sleep(60)
"""


class Enough(Exception):
    """What ends the waiting of a test."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "seats" / "host"


def refuse() -> None:
    raise Enough


def test_no_more_sit_than_there_are_seats(file):
    most, here, guard = 0, 0, threading.Lock()

    def work() -> None:
        nonlocal most, here
        with seated(file, ((1, 2),), lambda: None):
            with guard:
                here += 1
                most = max(most, here)
            time.sleep(0.02)
            with guard:
                here -= 1

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (most, here) == (2, 0)


def test_who_needs_every_core_waits_for_all_of_them(file):
    with seated(file, ((1, 2), (1, 2)), refuse), pytest.raises(Enough), seated(file, ((1, 2), (2, 2)), refuse):
        pass


def test_who_needs_more_than_there_is_takes_all(file):
    with seated(file, ((5, 2),), refuse), pytest.raises(Enough), seated(file, ((1, 2),), refuse):
        pass


def test_who_gives_up_waiting_leaves_no_seat_taken(file):
    with seated(file, ((1, 2), (1, 2)), refuse), pytest.raises(Enough), seated(file, ((1, 2), (2, 2)), refuse):
        pass
    with seated(file, ((2, 2), (2, 2)), refuse):
        pass


def test_who_dies_leaves_his_seat(file):
    command = (sys.executable, "-c", HOLD, str(file))
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        with pytest.raises(Enough), seated(file, ((1, 1),), refuse):
            pass
        process.kill()
        process.wait()
        with seated(file, ((1, 1),), refuse):
            pass
