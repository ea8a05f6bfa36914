"""Packs what is there, a few rows at a time: each few are committed, so that it goes on where it was ended."""

from collections.abc import Mapping
from typing import Any

from django.apps.registry import Apps
from django.db import migrations, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Q

BATCH = 50
# Of each table its long columns, and what they have when there is nothing in them.
LONG: Mapping[str, Mapping[str, Any]] = {
    "JobLog": {"text": "", "headers": ""},
    "Ingestion": {"sources": [], "files": [], "entry": {}},
    "Product": {"preview": {}},
}


def pack(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """What is packed is plain no more, so what is done is not done again."""
    using = schema_editor.connection.alias
    for name, columns in LONG.items():
        rows = apps.get_model("processing", name)._default_manager.using(using)
        plain = Q()
        for column, empty in columns.items():
            plain |= ~Q(**{column: empty})
        last = 0
        while some := list(rows.filter(plain, pk__gt=last).order_by("pk")[:BATCH]):
            last = some[-1].pk
            with transaction.atomic(using=using):
                for row in some:
                    pack_row(row, columns)


def pack_row(row: Any, columns: Mapping[str, Any]) -> None:
    """What the catalogue says already is not kept twice."""
    for column, empty in columns.items():
        known = column == "entry" and row.state == "REGISTERED"
        setattr(row, f"packed_{column}", empty if known else getattr(row, column))
        setattr(row, column, empty)
    row.save(update_fields=[*columns, *(f"packed_{column}" for column in columns)])


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("processing", "0018_packed_columns")]

    operations = [migrations.RunPython(pack)]
