"""Columns for what is long and packed, beside the plain ones; and room in the pages of rows that change often."""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from processing.models.packed import PackedJson, PackedText

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


def leave_room(_apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor != "postgresql":
        return
    for table, percent in FILL.items():
        schema_editor.execute(f"ALTER TABLE {table} SET (fillfactor = {percent})")
    for table in SOON:
        schema_editor.execute(
            f"ALTER TABLE {table} SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200)"
        )


# Tables that get rows with every AB.  Their names are looked for as a whole: an index for `LIKE 'name%'` is never read.
LOOKED_UP = ("associationblock", "rawframe", "ingestion", "product")
FOR_LIKE = """
    SELECT indexname FROM pg_indexes
    WHERE schemaname = current_schema() AND tablename = ANY(%s) AND indexname LIKE '%%\\_like'
"""


def drop_unread(_apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor != "postgresql":
        return
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(FOR_LIKE, [[f"processing_{table}" for table in LOOKED_UP]])
        for (name,) in cursor.fetchall():
            schema_editor.execute(f"DROP INDEX {schema_editor.quote_name(name)}")


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
        *[
            migrations.AddField(model_name="joblog", name=f"packed_{name}", field=PackedText(blank=True, default=""))
            for name in ("text", "headers")
        ],
        *[
            migrations.AddField(model_name="ingestion", name=f"packed_{name}", field=PackedJson(default=kind))
            for name, kind in (("sources", list), ("files", list), ("entry", dict))
        ],
        migrations.AddField(model_name="product", name="packed_preview", field=PackedJson(default=dict)),
        # Unique constraints begin with the job, and serve as its index.
        *[
            migrations.AlterField(
                model_name=model,
                name="job",
                field=models.ForeignKey(db_index=False, on_delete=how, related_name=related, to="processing.job"),
            )
            for model, how, related in (
                ("ingestion", models.PROTECT, "ingestions"),
                ("qc1parameter", models.CASCADE, "qc1"),
                ("score", models.CASCADE, "scores"),
            )
        ],
        # Digests, of which nobody looks for a part: one index each, not two.
        migrations.AlterField(
            model_name="ingestion",
            name="content",
            field=models.CharField(blank=True, help_text="SHA-256 of what lasts of the file", max_length=64),
        ),
        migrations.AddIndex(
            model_name="ingestion", index=models.Index(fields=["content"], name="ingestion_by_content")
        ),
        migrations.AlterField(model_name="product", name="sha256", field=models.CharField(max_length=64)),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.UniqueConstraint(fields=("sha256",), name="one_product_per_content"),
        ),
        migrations.RunPython(drop_unread, migrations.RunPython.noop),
        migrations.RunPython(leave_room, migrations.RunPython.noop),
    ]
