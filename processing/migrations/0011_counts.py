import processing.core.states
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Count


def count_the_finished(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Until now every page counted the jobs of finished dates anew."""
    jobs = apps.get_model('processing', 'Job').objects
    dates = apps.get_model('processing', 'ProcessingDate').objects.filter(state='FINISHED')
    for date in dates.only('pk').iterator():
        date.counts = dict(jobs.filter(date=date).order_by().values_list('state').annotate(Count('id')))
        date.save(update_fields=['counts'])


class Migration(migrations.Migration):

    dependencies = [
        ("processing", "0010_roles"),
    ]

    operations = [
        migrations.AddField(
            model_name='processingdate',
            name='counts',
            field=models.JSONField(blank=True, editable=False, help_text='Jobs per state when it was last finished; see `final`', null=True),
        ),
        migrations.AddIndex(
            model_name='job',
            index=models.Index(condition=models.Q(('state__in', [processing.core.states.JobState['PROCESSED'], processing.core.states.JobState['RUNNING'], processing.core.states.JobState['WAITING']])), fields=['state', 'date'], name='job_unfinished'),
        ),
        migrations.AddIndex(
            model_name='processingdate',
            index=models.Index(fields=['-date', 'instrument'], name='date_newest'),
        ),
        migrations.AddIndex(
            model_name='processingdate',
            index=models.Index(models.Case(models.When(state=processing.core.states.DateState['FINISHED'], then=1), default=0, output_field=models.IntegerField()), models.OrderBy(models.F('date'), descending=True), models.F('instrument'), name='date_open_then_newest'),
        ),
        migrations.RunPython(count_the_finished, migrations.RunPython.noop),
    ]
