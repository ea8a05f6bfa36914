import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def places(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Jobs that wait get the place of their date; those that have ended need none."""
    jobs = apps.get_model("processing", "Job").objects.filter(state="WAITING")
    for pk, day in jobs.order_by().values_list("date", "date__date").distinct():
        jobs.filter(date=pk).update(turn=day.toordinal())


class Migration(migrations.Migration):

    dependencies = [
        ('processing', '0013_access'),
    ]

    operations = [
        migrations.CreateModel(
            name='RunTimes',
            fields=[
                ('instrument', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='processing.instrument')),
                ('levels', models.JSONField(default=list, help_text='See rows_of in processing/core/prediction.py')),
                ('at', models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.RemoveIndex(
            model_name='job',
            name='job_waiting',
        ),
        migrations.AddField(
            model_name='job',
            name='background',
            field=models.BooleanField(default=False, help_text='Of a campaign: the day-to-day stream goes first'),
        ),
        migrations.AddField(
            model_name='job',
            name='late_seconds',
            field=models.FloatField(default=216.0, help_text='The time in which 9 of 10 such jobs are done'),
        ),
        migrations.AddField(
            model_name='job',
            name='turn',
            field=models.IntegerField(default=0, help_text='The place of its date, the lower the earlier'),
        ),
        migrations.AlterField(
            model_name='job',
            name='expected_seconds',
            field=models.FloatField(default=60.0, help_text='Predicted time on a worker, the median'),
        ),
        migrations.RunPython(places, migrations.RunPython.noop, elidable=True),
    ]
