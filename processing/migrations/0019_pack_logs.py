"""Packs the logs that are there, a few at a time: each few are committed, so that it goes on where it was ended."""

from django.db import migrations, transaction
from django.db.models import Q

BATCH = 50


def pack(apps, schema_editor):
    """A log that is packed is plain no more, so what is done is not done again."""
    logs = apps.get_model("processing", "JobLog").objects.using(schema_editor.connection.alias)
    plain = ~Q(text="") | ~Q(headers="")
    last = 0
    while some := list(logs.filter(plain, pk__gt=last).order_by("pk")[:BATCH]):
        last = some[-1].pk
        with transaction.atomic(using=schema_editor.connection.alias):
            for row in some:
                row.packed_text, row.packed_headers, row.text, row.headers = row.text, row.headers, "", ""
                row.save(update_fields=["packed_text", "packed_headers", "text", "headers"])


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("processing", "0018_log_bytes")]

    operations = [migrations.RunPython(pack)]
