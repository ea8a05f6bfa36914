"""Runs a django-q2 cluster whose workers share what is heavy to import."""

import gc
import importlib
import os

from django_q.cluster import Cluster
from django_q.signals import post_execute_in_worker, post_spawn, pre_execute

from processing.management.pulse import PULSE, Pulse

# Imported before the workers are forked: astropy costs a second and 50 MB in each process otherwise.
SHARED = ("astropy.io.fits", "astropy.time", "processing.tasks")


def run_cluster() -> None:
    """Start the cluster and stay until it is stopped (SIGTERM, SIGINT)."""
    for module in SHARED:
        importlib.import_module(module)
    # What is there by now stays: workers need not look through it again, and share its memory.
    gc.freeze()
    if number := os.environ.get(PULSE):
        follow(Pulse(int(number)))
    Cluster().start()


def follow(pulse: Pulse) -> None:
    """Each worker says from now on what it does."""
    post_spawn.connect(pulse.born, weak=False)
    pre_execute.connect(pulse.work, weak=False)
    post_execute_in_worker.connect(pulse.rest, weak=False)
