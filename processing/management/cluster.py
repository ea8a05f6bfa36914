"""Runs a django-q2 cluster whose workers share what is heavy to import."""

import importlib

from django_q.cluster import Cluster

# Imported before the workers are forked: astropy costs a second and 50 MB in each process otherwise.
SHARED = ("astropy.io.fits", "astropy.time", "processing.tasks")


def run_cluster() -> None:
    """Start the cluster and stay until it is stopped (SIGTERM, SIGINT)."""
    for module in SHARED:
        importlib.import_module(module)
    Cluster().start()
