"""Backup on SQLite: refused, with the way that does it."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection


@pytest.mark.django_db
def test_a_backup_of_sqlite_is_refused_with_the_way_that_does_it(tmp_path):
    if connection.vendor != "sqlite":
        pytest.skip("a matter of SQLite")
    with pytest.raises(CommandError, match="sqlite3 FILE"):
        call_command("phoenix", "backup", tmp_path)
