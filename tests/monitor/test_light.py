"""A process of the web application is small: what only workers need, it does not load."""

import os
import subprocess
import sys

import pytest

LOADED = """
import sys
import django
django.setup()
from django.urls import get_resolver
get_resolver().url_patterns
print(*sys.modules)
"""


@pytest.fixture(scope="module")
def loaded() -> list[str]:
    """The modules of a new process that is ready to answer."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONPATH": os.getcwd()}  # noqa: PTH109
    done = subprocess.run([sys.executable, "-c", LOADED], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.split()


HEAVY = ["astropy", "numpy", "redis", "rich", "processing.workflow.process", "processing.workflow.ingest"]


@pytest.mark.parametrize("module", HEAVY)
def test_what_only_workers_need_is_not_loaded(loaded, module):
    assert "monitor.pages.guards" in loaded
    assert module not in loaded
