"""Long texts and lists are packed in the database, and nobody notices."""

import json
import zlib

import pytest
from django.db import connection

from processing.models import Ingestion, JobLog
from processing.models.packed import packed, unpacked

LOG = "03:17:40 [ INFO  ] uves_obs_scired: [tid=000] one line of many\n" * 600


def raw(table, column):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table}")  # noqa: S608 - names of our own
        return bytes(cursor.fetchone()[0])


@pytest.mark.parametrize("text", ["", "one\ntwo\n", "Å\udcff\0", LOG])
def test_a_text_comes_back_as_it_was(text):
    assert unpacked(packed(text)) == text


def test_a_log_is_small_in_the_database_and_whole_in_python(add):
    JobLog.objects.create(job=add(), text=LOG)

    assert zlib.decompress(raw("processing_joblog", "text")).decode() == LOG
    assert len(raw("processing_joblog", "text")) < len(LOG) / 50
    assert JobLog.objects.get().text == LOG
    assert list(JobLog.objects.values_list("text", "headers")) == [(LOG, "")]


def test_a_condition_tells_a_text_from_another(add):
    JobLog.objects.create(job=add(), text=LOG)

    assert JobLog.objects.exclude(text=LOG).update(text="") == 0
    assert JobLog.objects.exclude(text=LOG + "!").update(text=LOG + "!") == 1


def test_a_list_comes_back_as_it_was_and_an_empty_one_takes_no_room(add):
    job = add()
    rows = [{"keyword": "EXPTIME", "value": 1500.0, "source": "RAW"}]
    item = Ingestion.objects.create(job=job, label="ONE", sources=rows)

    assert json.loads(zlib.decompress(raw("processing_ingestion", "sources"))) == rows
    assert raw("processing_ingestion", "files") == b""
    item.refresh_from_db()
    assert (item.sources, item.files, item.entry) == (rows, [], {})
