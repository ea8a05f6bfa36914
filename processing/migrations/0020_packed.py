"""What is packed takes the place of what was plain."""

from importlib import import_module
from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.models import Field

from processing.models.packed import PackedJson, PackedText

packing = import_module("processing.migrations.0019_pack")
HEADERS = "Of a failed job: headers of its raw frames and products"
FIELDS = {
    ("joblog", "text"): PackedText(blank=True),
    ("joblog", "headers"): PackedText(blank=True, help_text=HEADERS),
    ("ingestion", "sources"): PackedJson(default=list, help_text="Per keyword: hdu, keyword, value, source, key"),
    ("ingestion", "files"): PackedJson(
        default=list, help_text="Ancillaries, then the science file: role, category, name, md5, sha256, size, url"
    ),
    ("ingestion", "entry"): PackedJson(
        default=dict, help_text="What the catalogue will say of the product, until it does"
    ),
    ("product", "preview"): PackedJson(default=dict, help_text="wave, low, high: the spectrum for a small plot"),
}


def leave_packed(_apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """PostgreSQL does not try in vain to make them smaller yet."""
    if schema_editor.connection.vendor == "postgresql":
        for table, column in FIELDS:
            schema_editor.execute(f"ALTER TABLE processing_{table} ALTER COLUMN {column} SET STORAGE EXTERNAL")


def replaced(model: str, name: str, field: "Field[Any, Any]") -> tuple[Operation, ...]:
    return (
        migrations.RemoveField(model_name=model, name=name),
        migrations.RenameField(model_name=model, old_name=f"packed_{name}", new_name=name),
        migrations.AlterField(model_name=model, name=name, field=field),
    )


class Migration(migrations.Migration):
    dependencies = [("processing", "0019_pack")]

    operations = [
        # Of a worker that has not heard of it.
        migrations.RunPython(packing.pack, migrations.RunPython.noop),
        *[step for (model, name), field in FIELDS.items() for step in replaced(model, name, field)],
        migrations.RunPython(leave_packed, migrations.RunPython.noop),
    ]
