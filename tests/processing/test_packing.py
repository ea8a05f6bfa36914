"""The migrations that pack what is there: nothing changes but its form, also if they are ended on the way."""

import os
import signal
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import connection

# Writes a job with its log, and a second log, as the release before did.
BEFORE = """
import django
django.setup()
from datetime import date
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
last = ("processing", "0017_campaign_list")
models = MigrationExecutor(connection).migrate([last]).apps
get = lambda name: models.get_model("processing", name).objects
owner = get("Instrument").create(name="UVES")
day = get("ProcessingDate").create(instrument=owner, date=date(2012, 5, 9))
campaign = get("Campaign").create(name="one")
for n in range(3):
    text = f"INSTRUMENT\\tUVES \\\\{n} Å"
    block = get("AssociationBlock").create(name=str(n), date=day, text=text, sha256="", frames="", recipe="r")
    job = get("Job").create(block=block, campaign=campaign, date=day)
    get("JobLog").create(job=job, text=f"log {n}\\n" * 999, command="esorex", headers="SIMPLE" * n)
    for state in ("STORED", "REGISTERED"):
        entry, files = {"original_name": "a"}, [{"name": n}]
        get("Ingestion").create(job=job, label=state, state=state, entry=entry, files=files, sources=files * 9)
"""
DYING = """
import os, signal
import django
django.setup()
from importlib import import_module
from django.core.management import call_command
module = import_module("processing.migrations.0019_pack")
module.BATCH, whole, rows = 1, module.pack_row, []
def dying(row, columns):
    rows.append(row)
    if len(rows) == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    whole(row, columns)
module.pack_row = dying
call_command("migrate", verbosity=0)
"""
AFTER = """
import django
django.setup()
from processing.models import AssociationBlock, Ingestion, JobLog
for block in AssociationBlock.objects.all():
    assert block.text == f"INSTRUMENT\\tUVES \\\\{block.name} Å", block.text
for n, row in enumerate(JobLog.objects.order_by("pk")):
    assert (row.text, row.command, row.headers) == (f"log {n}\\n" * 999, "esorex", "SIMPLE" * n), row.pk
    for item in Ingestion.objects.filter(job=row.job_id):
        assert (item.files, item.sources) == ([{"name": n}], [{"name": n}] * 9), item.pk
        assert item.entry == ({} if item.state == "REGISTERED" else {"original_name": "a"}), item.pk
print(JobLog.objects.count(), Ingestion.objects.count())
"""


@pytest.fixture
def empty(db, tmp_path):
    """The URL of an empty database."""
    if connection.vendor != "postgresql":
        yield f"sqlite:///{tmp_path}/empty.sqlite3"
        return
    name = f"{connection.settings_dict['NAME']}_packing"
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
        yield f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{name}"
        cursor.execute(f'DROP DATABASE "{name}"')


@pytest.mark.cluster
@pytest.mark.django_db(transaction=True)
def test_logs_and_products_are_packed_and_a_migration_that_was_killed_goes_on(empty):
    environment = os.environ | {"DATABASE_URL": empty, "DJANGO_SETTINGS_MODULE": "tests.settings"}

    def python(*arguments):
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=settings.BASE_DIR,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    done = python("-c", BEFORE)
    assert done.returncode == 0, done.stderr
    assert python("-c", DYING).returncode == -signal.SIGKILL
    done = python("manage.py", "migrate", "--verbosity", "0")
    assert done.returncode == 0, done.stderr
    done = python("-c", AFTER)
    assert done.stdout == "3 6\n", done.stderr
