from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('processing', '0002_engine'),
    ]

    operations = [
        migrations.AddField(
            model_name='ingestion',
            name='sources',
            field=models.JSONField(default=list, help_text='Per keyword: hdu, keyword, value, source, key'),
        ),
        migrations.AddField(
            model_name='ingestion',
            name='files',
            field=models.JSONField(default=list, help_text='Ancillaries, then the science file: role, category, name, md5, sha256, size, url'),
        ),
        migrations.AlterField(
            model_name='product',
            name='snr',
            field=models.FloatField(help_text='Of a spectrum', null=True),
        ),
    ]
