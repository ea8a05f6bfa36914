"""`phoenix tidy` killed at each of its edges: nothing is lost, and the next run ends what it began."""

import signal
import subprocess
import sys

import pytest

from processing.models import Event, JobLog
from processing.workflow.retain import retain
from tests.processing.aged import filed, folder, known, names, processed

# Archives with small batches, and dies by SIGKILL at an edge: when it comes there for the n-th time.
VICTIM = """
import os, signal, sys
import django
django.setup()
from django.db import models
from processing.models.appended import Appended
from processing.models.results import JobLog
from processing.plugins import history
from processing.workflow import retain
edge, turn = sys.argv[1], int(sys.argv[2])
retain.BATCH = 20
def dying(owner, name):
    whole, left = getattr(owner, name), [turn]
    def call(*arguments, **named):
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        return whole(*arguments, **named)
    setattr(owner, name, call)
dying(*{
    "while it writes": (history.Content, "note"),
    "before it reads back": (history.Content, "same"),
    "before the file takes its place": (history.Path, "replace"),
    "before the rename is on the disk": (history, "settle"),
    "before rows go": (Appended, "filed"),
    "between batches of rows": (Appended, "filed"),
    "among logs": (models.QuerySet, "update"),
}[edge])
retain.retain(dry=False, say=print)
"""
EDGES = {
    "while it writes": 1,
    "before it reads back": 1,
    "before the file takes its place": 1,
    "before the rename is on the disk": 1,
    "before rows go": 1,
    "between batches of rows": 2,
    "among logs": 3,
}


@pytest.mark.cluster
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("edge", EDGES)
def test_a_kill_loses_no_row_and_doubles_none(add, child_environment, settings, tmp_path, edge):
    settings.PHOENIX = {**settings.PHOENIX, "HISTORY_DIR": tmp_path / "history"}
    processed(add, range(1, 7))
    before = known()
    environment = child_environment | {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PHOENIX_HISTORY_DIR": str(folder()),
    }
    command = [sys.executable, "-c", VICTIM, edge, str(EDGES[edge])]
    killed = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert known() == before

    retain(dry=False, say=print)

    events, logs = known()
    assert (events, logs) == before
    assert not Event.objects.filter(subject="job").exists()
    assert not JobLog.objects.filter(file="").exists()
    assert [row["id"] for name in names() if name.startswith("events") for row in filed(name)] == events
    assert [row["job"] for row in filed("logs-2012-05.jsonl.gz")] == logs
    assert not [*folder().glob(".*.part")]
