"""Backup and restore: every row of every table comes back, and what the archive lacks is named."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from processing.management.backup import digests, name
from processing.models import Product
from tests.processing.conftest import FLUX, add, archive, certified, run_night  # noqa: F401 - fixtures

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def night(add, capsys):  # noqa: F811 - the fixture
    """Two ABs in the archive, one that failed."""
    add(1, lines=FLUX)
    add(2)
    add(3, exit=6)
    run_night()
    assert Product.objects.count() == 2


@pytest.fixture
def kept(night, tmp_path, capsys) -> Path:
    """A backup of that night."""
    call_command("phoenix", "backup", tmp_path / "kept", "--json")
    return Path(json.loads(capsys.readouterr().out)["backup"])


@pytest.fixture
def empty() -> Iterator[str]:
    """The name of a database that was just made, and goes again."""
    other = f"{name()}_empty"
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{other}"')
        yield other
        cursor.execute(f'DROP DATABASE "{other}"')


def restore(kept: Path, database: str, *options: str) -> subprocess.CompletedProcess[str]:
    """The verb in a process of its own, on another database."""
    root = os.environ["DATABASE_URL"].rpartition("/")[0]
    command = [sys.executable, "manage.py", "phoenix", "restore", str(kept), "--json", *options]
    environment = os.environ | {
        "DATABASE_URL": f"{root}/{database}",
        "PHOENIX_INGEST_URL": Path(settings.PHOENIX["INGESTOR"]["OPTIONS"]["root"]).as_uri(),
    }
    return subprocess.run(command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False)


def test_a_backup_restored_into_an_empty_database_has_every_row_of_every_table(kept, empty):
    before = digests()
    done = restore(kept, empty, "--files")
    found = json.loads(done.stdout)

    assert (done.returncode, found["tables_that_differ"], found["files_that_are_wrong"]) == (0, [], [])
    assert found["tables"] == len(before) > 30
    assert found["rows"] == sum(int(count) for count, _ in before.values()) > 50
    settings_of = connection.settings_dict
    with psycopg2.connect(host=settings_of["HOST"], user=settings_of["USER"], dbname=empty) as other:
        cursor = other.cursor()
        cursor.execute("SELECT dp_id, sha256 FROM processing_product ORDER BY dp_id")
        assert cursor.fetchall() == [*Product.objects.order_by("dp_id").values_list("dp_id", "sha256")]
    other.close()


def test_a_file_that_the_archive_has_lost_and_one_that_was_changed_are_named(kept, empty):
    first, second = sorted(Path(settings.PHOENIX["INGESTOR"]["OPTIONS"]["root"]).rglob("*.fits"))[:2]
    first.unlink()
    second.chmod(0o644)
    second.write_bytes(second.read_bytes()[:-1])
    done = restore(kept, empty, "--files")

    wrong = json.loads(done.stdout)["files_that_are_wrong"]
    assert (done.returncode, sorted(wrong)) == (1, [f"{first.name}: not there", f"{second.name}: other content"])


def test_a_table_that_is_not_as_it_was_kept_is_named(kept, empty):
    manifest = json.loads((kept / "manifest.json").read_text())
    manifest["tables"]["processing_job"][1] = "1"
    (kept / "manifest.json").write_text(json.dumps(manifest))
    done = restore(kept, empty)

    assert (done.returncode, json.loads(done.stdout)["tables_that_differ"]) == (1, ["processing_job"])


def test_a_database_that_has_tables_is_never_restored_over(kept):
    with pytest.raises(CommandError, match="the database is not empty"):
        call_command("phoenix", "restore", kept)


def test_a_backup_that_breaks_off_leaves_none_that_looks_whole(night, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CommandError, match="pg_dump is not installed"):
        call_command("phoenix", "backup", tmp_path / "kept")

    assert not [*(tmp_path / "kept").iterdir()]


def test_only_so_many_backups_stay_and_nothing_else_of_the_folder_goes(kept):
    older = kept.with_name("2012-01-01T000000Z")
    kept.rename(older)
    (kept.parent / "notes").mkdir()
    call_command("phoenix", "backup", kept.parent, "--keep", "1")

    assert sorted(path.name for path in kept.parent.iterdir())[-1] == "notes"
    assert not older.exists()
    assert len([*kept.parent.iterdir()]) == 2


def test_a_backup_shows_itself_to_its_owner_only(kept):
    assert kept.stat().st_mode & 0o077 == 0
