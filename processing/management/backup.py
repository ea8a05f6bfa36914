"""The verbs `backup` and `restore`: the database and the catalogue of the product archive, both as of one moment."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import file_digest
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.db import connection, transaction

from processing import registry
from processing.core.errors import NotInArchive
from processing.models import Ingestion

Options = Mapping[str, Any]
DUMP, CATALOGUE, MANIFEST = "database.dump", "catalogue.jsonl", "manifest.json"


def answer(options: Options) -> tuple[dict[str, Any], bool]:
    """Facts for people and programs, and whether all is well; CommandError where nothing could be done."""
    if connection.vendor != "postgresql":
        raise CommandError('only PostgreSQL: an SQLite file is copied by `sqlite3 FILE ".backup COPY"`')
    if options["verb"] == "backup":
        return backup(options["folder"], options["keep"]), True
    return restore(options["folder"], files=options["files"])


def backup(folder: Path, keep: int) -> dict[str, Any]:
    """A new folder below `folder`, named by the time in UTC, whole or not at all; of all these the newest stay."""
    name = f"{datetime.now(UTC):%Y-%m-%dT%H%M%SZ}"
    part = folder / f".{name}.part"
    part.mkdir(parents=True, mode=0o700)
    try:
        tables, products = write(part)
        part.rename(folder / name)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    whole = sorted(path for path in folder.iterdir() if (path / MANIFEST).exists() and not path.name.startswith("."))
    for old in whole[:-keep]:
        shutil.rmtree(old)
    return {"backup": str(folder / name), "tables": len(tables), "rows": rows(tables), "files": products}


def write(folder: Path) -> tuple[dict[str, list[str]], int]:
    """Dump, catalogue and manifest, all of them of one snapshot; the tables, and how many files are catalogued."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")  # the dump may take long
        cursor.execute("SELECT pg_export_snapshot()")
        snapshot = cursor.fetchone()[0]
        run("pg_dump", "--format=custom", f"--file={folder / DUMP}", f"--snapshot={snapshot}")
        tables, count = digests(), 0
        with (folder / CATALOGUE).open("w") as out:
            for count, row in enumerate(catalogue(), 1):  # noqa: B007 - the last number is the answer
                out.write(json.dumps(row) + "\n")
    (folder / MANIFEST).write_text(json.dumps({"tables": tables, "files": count}, indent=1))
    return tables, count


def restore(folder: Path, *, files: bool) -> tuple[dict[str, Any], bool]:
    """Into an empty database; then every table is compared with the backup, and if asked every file of the archive."""
    if not (folder / MANIFEST).exists():
        raise CommandError(f"{folder} is no backup: it has no {MANIFEST}", returncode=2)
    if taken := connection.introspection.table_names():
        raise CommandError(f"the database is not empty: it has {len(taken)} tables; restore into a new one")
    run("pg_restore", "--exit-on-error", "--single-transaction", "--no-owner", f"--dbname={name()}", str(folder / DUMP))
    wanted = json.loads((folder / MANIFEST).read_text())["tables"]
    found = digests()
    differ = sorted(table for table in {*wanted, *found} if wanted.get(table) != found.get(table))
    wrong = [*missing(folder)] if files else []
    facts = {"tables": len(found), "rows": rows(found), "tables_that_differ": differ, "files_that_are_wrong": wrong}
    return facts, not (differ or wrong)


def digests() -> dict[str, list[str]]:
    """Of each table the number of rows, and a sum over their contents that does not depend on their order."""
    found = {}
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            quoted = connection.ops.quote_name(table)
            content = "coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)"
            cursor.execute(f"SELECT count(*)::text, {content}::text FROM {quoted} t")  # noqa: S608 - a table's own name
            found[table] = [*cursor.fetchone()]
    return found


def rows(tables: Mapping[str, Sequence[str]]) -> int:
    """Of all tables together."""
    return sum(int(count) for count, _ in tables.values())


def catalogue() -> Iterator[dict[str, Any]]:
    """Name, size and SHA-256 of every file that the product archive must have."""
    lists = Ingestion.objects.filter(product__isnull=False).order_by("pk").values_list("files", flat=True)
    for listed in lists.iterator(1000):
        for row in listed:
            yield {key: row[key] for key in ("name", "size", "sha256")}


def missing(folder: Path) -> Iterator[str]:
    """Files of the catalogue that the archive has not, or not as they were."""
    with (folder / CATALOGUE).open() as lines:
        for row in map(json.loads, lines):
            try:
                with registry.ingestor().open(row["name"]).open("rb") as file:
                    if file_digest(file, "sha256").hexdigest() != row["sha256"]:
                        yield f"{row['name']}: other content"
            except NotInArchive:
                yield f"{row['name']}: not there"


def name() -> str:
    """Of the database that the settings choose."""
    return str(connection.settings_dict["NAME"])


def run(program: str, *arguments: str) -> None:
    """One of PostgreSQL's programs; the password is in its environment, where no list of processes shows it."""
    config = connection.settings_dict
    given = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
    environment = os.environ | {variable: str(config[key]) for variable, key in given.items() if config[key]}
    try:
        done = subprocess.run(  # noqa: S603 - a list, no shell
            [program, "--no-password", *arguments], env=environment, capture_output=True, text=True, check=False
        )
    except FileNotFoundError as absent:
        raise CommandError(f"{program} is not installed: apt-get install postgresql-client") from absent
    if done.returncode:
        raise CommandError(f"{program}: {done.stderr.strip()}")
