"""What is due is found without a look at all that was ingested before."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("processing", "0005_certificate_life")]
    operations = [
        migrations.AddIndex(
            model_name="ingestion",
            index=models.Index(
                fields=["id"],
                condition=models.Q(state__in=("QUEUED", "CONVERTED", "VALIDATED", "STORED")),
                name="ingestion_open",
            ),
        ),
    ]
