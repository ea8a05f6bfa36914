from collections import defaultdict

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from processing.core.fingerprint import kind
from processing.core.states import TROUBLE, JobState, Reason

AT_ONCE = 1000


def fingerprints(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Of the failures so far; safe to repeat."""
    jobs = apps.get_model("processing", "Job").objects.filter(state__in=TROUBLE, fingerprint="")
    clusters = apps.get_model("processing", "Cluster").objects
    found = defaultdict(list)
    rows = jobs.order_by("id").values_list("id", "state", "reason", "block__recipe", "sentence")
    for pk, state, reason, recipe, sentence in rows.iterator(AT_ONCE):
        found[kind(JobState(state), Reason(reason), recipe, sentence)].append(pk)
    for one, pks in found.items():
        values = {"phase": one.phase, "recipe": one.recipe, "message": one.message}
        clusters.get_or_create(fingerprint=one.fingerprint, defaults=values)
        for start in range(0, len(pks), AT_ONCE):
            jobs.filter(pk__in=pks[start : start + AT_ONCE]).update(fingerprint=one.fingerprint)


class Migration(migrations.Migration):
    dependencies = [
        ("processing", "0007_event_request"),
    ]

    operations = [
        migrations.CreateModel(
            name="Cluster",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("fingerprint", models.CharField(max_length=12, unique=True)),
                (
                    "phase",
                    models.CharField(
                        choices=[
                            ("DOWNLOAD", "DOWNLOAD"),
                            ("PREPARE", "PREPARE"),
                            ("RECIPE", "RECIPE"),
                            ("SCORES", "SCORES"),
                            ("INGEST", "INGEST"),
                            ("WORKER", "WORKER"),
                            ("STOP", "STOP"),
                            ("PHOENIX", "PHOENIX"),
                        ],
                        max_length=10,
                    ),
                ),
                ("recipe", models.CharField(blank=True, max_length=64)),
                ("message", models.CharField(help_text="With placeholders for what differs", max_length=500)),
                (
                    "state",
                    models.CharField(
                        choices=[("OPEN", "OPEN"), ("ACKNOWLEDGED", "ACKNOWLEDGED"), ("HANDED_OVER", "HANDED_OVER")],
                        default="OPEN",
                        max_length=12,
                    ),
                ),
                ("seen", models.PositiveIntegerField(default=0, help_text="How many failures a person has seen")),
                ("who", models.CharField(blank=True, max_length=150)),
                ("at", models.DateTimeField(blank=True, help_text="When it came into its state", null=True)),
                ("why", models.TextField(blank=True, help_text="What was said at the last step")),
                ("ticket", models.CharField(blank=True, help_text="Where SDP has it", max_length=200)),
            ],
            options={
                "ordering": ("id",),
                "permissions": (("acknowledge_cluster", "May acknowledge failures and hand them over to SDP"),),
            },
        ),
        migrations.AddField(
            model_name="job",
            name="acknowledged",
            field=models.BooleanField(default=False, help_text="Whether a person has acknowledged its failure"),
        ),
        migrations.AddField(
            model_name="job",
            name="fingerprint",
            field=models.CharField(blank=True, editable=False, help_text="Of the kind of its failure", max_length=12),
        ),
        migrations.AddField(
            model_name="joblog",
            name="headers",
            field=models.TextField(blank=True, help_text="Of a failed job: headers of its raw frames and products"),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("fingerprint", ""), _negated=True),
                fields=["fingerprint", "acknowledged"],
                name="job_by_fingerprint",
            ),
        ),
        migrations.RunPython(fingerprints, migrations.RunPython.noop),
    ]
