"""The texts of ABs and commands are packed as well; indexes that are smaller.

What is there stays as it is on PostgreSQL, with a sign before it that says so: to pack it would take longer than a
site likes to wait.
"""

from typing import Any

from django.contrib.postgres.indexes import HashIndex
from django.db import migrations, models
from django.db.migrations.exceptions import IrreversibleError

from processing.models.packed import PackedCurves, PackedText
from processing.models.packing import packed

PLAIN = """
    ALTER TABLE {table} ALTER COLUMN {column} TYPE bytea
    USING CASE {column} WHEN '' THEN ''::bytea ELSE '\\x00'::bytea || convert_to({column}, 'UTF8') END
"""


class Pack(migrations.AlterField):
    """Makes a column of texts one of bytes."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        model = from_state.apps.get_model(app_label, self.model_name)
        table, column = model._meta.db_table, self.name
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(PLAIN.format(table=table, column=column))
            return
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(f"SELECT {model._meta.pk.column}, {column} FROM {table}")
            for key, text in cursor.fetchall():
                sql = f"UPDATE {table} SET {column} = %s WHERE {model._meta.pk.column} = %s"
                cursor.execute(sql, [packed(text), key])
        super().database_forwards(app_label, schema_editor, from_state, to_state)


    def database_backwards(self, *_: object) -> None:
        raise IrreversibleError("texts are packed since 0024; to go back, restore a backup")


def no_room(_apps: object, schema_editor: Any) -> None:
    """An ingestion changes its state each time, and with it an index: room in its page spares nothing."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE processing_ingestion RESET (fillfactor)")


class Migration(migrations.Migration):
    dependencies = [("processing", "0023_hosts")]

    operations = [
        Pack("associationblock", "text", PackedText()),
        Pack("joblog", "command", PackedText(blank=True)),
        migrations.AlterField(
            "associationblock",
            "frames",
            models.CharField(max_length=64, help_text="SHA-256 of recipe and raw frames"),
        ),
        migrations.AlterField(
            "product",
            "preview",
            PackedCurves(default=dict, help_text="wave, low, high: the spectrum for a small plot"),
        ),
        migrations.AddIndex("associationblock", HashIndex(fields=["frames"], name="block_by_frames")),
        migrations.RemoveIndex("ingestion", "ingestion_by_content"),
        migrations.AddIndex("ingestion",             HashIndex(fields=["content"], condition=~models.Q(content=""), name="ingestion_by_content"),
        ),
        migrations.RemoveIndex("event", "event_of_subject"),
        migrations.AddIndex("event", models.Index(fields=["subject", "subject_id"], name="event_of_subject")),
        migrations.RemoveIndex("event", "event_by_person"),
        migrations.AddIndex("event", models.Index(fields=["who"], name="event_by_person")),
        migrations.RunPython(no_room, migrations.RunPython.noop),
    ]
