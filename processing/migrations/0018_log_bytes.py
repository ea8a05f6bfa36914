"""Room for packed logs beside the plain ones, and room in the pages of tables whose rows change often."""

from django.db import migrations, models

import processing.models.packed

# Rows that are changed several times find room for their next version in their own page: then no index changes
# (HOT), and what is read next tidies the page up.  Few rows that change all the time get pages that are half empty.
FILL = {
    "processing_job": 85,
    "processing_ingestion": 85,
    "processing_joblog": 80,
    "processing_processingdate": 70,
    "processing_instrument": 50,
    "processing_worker": 50,
}
# Small tables that change all the time are vacuumed after so many changes, however few rows they have.
SOON = ("processing_worker", "processing_instrument")


def leave_room(_apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    for table, percent in FILL.items():
        schema_editor.execute(f"ALTER TABLE {table} SET (fillfactor = {percent})")
    for table in SOON:
        schema_editor.execute(
            f"ALTER TABLE {table} SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200)"
        )


class Migration(migrations.Migration):
    dependencies = [("processing", "0017_campaign_list")]

    operations = [
        migrations.AddField(
            model_name="joblog",
            name="file",
            field=models.CharField(blank=True, help_text="Of an old log: the file that has it instead", max_length=40),
        ),
        migrations.AddField(
            model_name="joblog",
            name="place",
            field=models.BigIntegerField(default=0, help_text="Where in that file it begins, in bytes"),
        ),
        migrations.AddField(
            model_name="joblog", name="packed_text", field=processing.models.packed.PackedText(blank=True, default="")
        ),
        migrations.AddField(
            model_name="joblog",
            name="packed_headers",
            field=processing.models.packed.PackedText(blank=True, default=""),
        ),
        migrations.RunPython(leave_room, migrations.RunPython.noop),
    ]
