"""The packed logs take the place of the plain ones."""

from importlib import import_module

from django.db import migrations

import processing.models.packed

pack = import_module("processing.migrations.0019_pack_logs").pack


def leave_packed(_apps, schema_editor):
    """PostgreSQL does not try in vain to make them smaller yet."""
    if schema_editor.connection.vendor == "postgresql":
        for column in ("text", "headers"):
            schema_editor.execute(f"ALTER TABLE processing_joblog ALTER COLUMN {column} SET STORAGE EXTERNAL")


class Migration(migrations.Migration):
    dependencies = [("processing", "0019_pack_logs")]

    operations = [
        # Of a worker that has not heard of it.
        migrations.RunPython(pack, migrations.RunPython.noop),
        migrations.RemoveField(model_name="joblog", name="text"),
        migrations.RemoveField(model_name="joblog", name="headers"),
        migrations.RenameField(model_name="joblog", old_name="packed_text", new_name="text"),
        migrations.RenameField(model_name="joblog", old_name="packed_headers", new_name="headers"),
        migrations.AlterField(
            model_name="joblog", name="text", field=processing.models.packed.PackedText(blank=True)
        ),
        migrations.AlterField(
            model_name="joblog",
            name="headers",
            field=processing.models.packed.PackedText(
                blank=True, help_text="Of a failed job: headers of its raw frames and products"
            ),
        ),
        migrations.RunPython(leave_packed, migrations.RunPython.noop),
    ]
