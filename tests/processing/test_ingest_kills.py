"""A worker killed at each edge of an ingestion: the next one leaves no duplicate, no gap and no orphan."""

import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from processing.core.states import JobState
from processing.models import Ingestion, Product
from processing.workflow.prepare import prepare
from processing.workflow.process import process
from processing.workflow.sweep import sweep
from tests.processing.conftest import run_night, state

# Ingests, and dies by SIGKILL before or after the change to the state that it is told.
VICTIM = """
import os, signal, sys
import django
django.setup()
from processing.models.moves import Moving
from processing.workflow.ingest import ingest
move, (when, edge) = Moving.move, sys.argv[1:]
def dying(self, new, *arguments, **changes):
    if (when, edge) == ("before", str(new)):
        os.kill(os.getpid(), signal.SIGKILL)
    done = move(self, new, *arguments, **changes)
    if (when, edge) == ("after", str(new)):
        os.kill(os.getpid(), signal.SIGKILL)
    return done
Moving.move = dying
ingest()
"""


@pytest.mark.cluster
@pytest.mark.postgres  # half a minute: once is enough
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("edge", ["CONVERTED", "VALIDATED", "STORED", "REGISTERED", "INGESTED"])
def test_a_worker_killed_at_an_edge_leaves_no_duplicate_no_gap_and_no_orphan(add, child_environment, edge, when):
    job = add()
    prepare()
    process()
    environment = child_environment | {"DJANGO_SETTINGS_MODULE": "tests.settings"}
    killed = subprocess.run([sys.executable, "-c", VICTIM, when, edge], env=environment, check=False)
    assert killed.returncode == -signal.SIGKILL

    Ingestion.objects.update(lease=timezone.now() - timedelta(seconds=1))
    sweep()
    run_night()
    sweep()

    assert state(job)[0] == JobState.INGESTED
    product = Product.objects.get()
    root = Path(settings.PHOENIX["INGESTOR"]["OPTIONS"]["root"])
    expected = sorted(row["name"] for row in product.ingestion.files)
    assert sorted(path.name for path in root.rglob("*") if path.is_file()) == expected
    assert f"{product.dp_id}.fits" in expected
