"""Tokens of the API, answers that are given twice, wrong passwords."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("processing", "0012_public_tables"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='WrongTry',
            fields=[
                ('key', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField(default=0)),
                ('last', models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name='Answered',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('who', models.CharField(max_length=150)),
                ('key', models.CharField(max_length=128)),
                ('request', models.CharField(help_text='A digest of address and body', max_length=64)),
                ('status', models.PositiveSmallIntegerField(default=0)),
                ('location', models.TextField(blank=True)),
                ('body', models.JSONField(null=True)),
                ('at', models.DateTimeField(auto_now_add=True, db_index=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('who', 'key'), name='one_answer_of_each_key')],
            },
        ),
        migrations.CreateModel(
            name='Token',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, unique=True)),
                ('role', models.CharField(blank=True, help_text='A group; empty: it may read', max_length=150)),
                ('digest', models.CharField(editable=False, help_text='SHA-256 of the secret', max_length=64, unique=True)),
                ('hint', models.CharField(editable=False, help_text='How the secret begins', max_length=12)),
                ('created', models.DateTimeField(auto_now_add=True)),
                ('expires', models.DateTimeField()),
                ('used', models.DateTimeField(blank=True, editable=False, null=True)),
                ('withdrawn', models.DateTimeField(blank=True, editable=False, null=True)),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('name',),
            },
        ),
    ]
