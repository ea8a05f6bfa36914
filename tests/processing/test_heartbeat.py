"""Signs of life: a lease is renewed while work goes on, and the work ends with its lease."""

import threading
import time

from django.db import OperationalError

from processing.workflow.heartbeat import Heartbeat


def test_a_heart_that_beats_does_not_fence(settings):
    settings.PHOENIX = {**settings.PHOENIX, "BEAT": 0.02}
    fenced = threading.Event()
    with Heartbeat(lambda: True, fenced.set):
        assert not fenced.wait(0.3)


def test_a_lost_lease_fences_at_once(settings):
    settings.PHOENIX = {**settings.PHOENIX, "BEAT": 0.02}
    fenced = threading.Event()
    with Heartbeat(lambda: False, fenced.set):
        assert fenced.wait(2)


def test_a_database_that_is_away_for_longer_than_a_lease_fences(settings):
    settings.PHOENIX = {**settings.PHOENIX, "BEAT": 0.02, "LEASE": 0.3}
    fenced, start = threading.Event(), time.monotonic()

    def away() -> bool:
        raise OperationalError

    with Heartbeat(away, fenced.set):
        assert fenced.wait(2)
    assert time.monotonic() - start > 0.3
