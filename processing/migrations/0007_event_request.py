"""Events name the request of a client that they belong to; jobs that ended lately are found."""

from django.db import migrations, models

import processing.core.trace


class Migration(migrations.Migration):
    dependencies = [("processing", "0006_ingestion_open")]
    operations = [
        migrations.AddField(
            model_name="event",
            name="request",
            field=models.CharField(
                blank=True,
                default=processing.core.trace.current,
                editable=False,
                help_text="Of a client",
                max_length=64,
            ),
        ),
        migrations.AddIndex(model_name="job", index=models.Index(fields=["ended"], name="job_ended")),
    ]
