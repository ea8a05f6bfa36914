"""Long texts and lists are packed in the database, and nobody notices."""

import json
import lzma
import zlib
from hashlib import sha256
from pathlib import Path

import pytest
from django.db import connection

from processing.models import AssociationBlock, Ingestion, JobLog
from processing.models.packing import CURVES, FOLDER, LEVEL, LONG, PLAIN, SAME, XZ, Like, packed, unpacked
from processing.workflow import register

SAMPLES = Path(__file__).parent.parent / "samples"
LOG = "03:17:40 [ INFO  ] uves_obs_scired: [tid=000] one line of many\n" * 600
TIMES = (
    "Start: 03:17\n\n03:17:40 [ INFO  ] a\n03:17:40 b\n c\n03:17:40\n03:17:40 d\n03:17:41 e\n 03:17:41 f\n03:17:41 g"
)
# What a release has written that had these dictionaries.  These stay readable: never change a line, only add.
WRITTEN = {
    "log-1": (
        "62758b4e1ec65eb76571f08d0f12d0192f76a66c0563b84a74b35bc0f2918b93",
        "78f9a3b60a3b039fd56da560606c6568cec505a6ac4c0c908c4e045a94c4a5900c9703f253601c4385542e05381bb42d2b1d00cefc1079",
    ),
    "ab-1": (
        "5f3b1b16f212dfa82f79c9383b56e4ae4e3950e0bba31f99d3461a9cacc20cdc",
        "78f98f7299fb0b2e492c2ab1520076990ccdb9b8c09495898142b482a79f9bbf8242ac42224230894b2119ce4308a7c098860aa95c0a70761a42381d0077a41560",
    ),
    "product-1": (
        "cab1860e294df7fce4a1275a51d66852efd145a907e1c0c1251cc208847073d5",
        "78f9ff71756f0b061574560a06c65686e65c5c60cacac440211a589fb9f92b28c42a24220493b81492e13c84700a8c69a890caa50067a72184d30177a41560",
    ),
}


def raw(table, column):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table}")  # noqa: S608 - names of our own
        return bytes(cursor.fetchone()[0])


@pytest.mark.parametrize("like", Like)
@pytest.mark.parametrize("text", ["", "x", "one\ntwo\n", "Å\udcff\0", LOG, TIMES, "\1 a\n03:17:40 b", "\n" * 2 * LONG])
def test_a_text_comes_back_as_it_was(text, like):
    assert unpacked(packed(text, like)) == text


def test_what_was_packed_in_another_way_is_read_as_well():
    assert unpacked(PLAIN + b"INSTRUMENT\tUVES") == "INSTRUMENT\tUVES"
    assert unpacked(zlib.compress(LOG.encode(), 6)) == LOG
    assert unpacked(lzma.compress(LOG.encode())) == LOG


def test_every_dictionary_that_was_ever_used_is_there_unchanged():
    assert {file.name: sha256(file.read_bytes()).hexdigest() for file in FOLDER.iterdir()} == {
        name: digest for name, (digest, _) in WRITTEN.items()
    }
    assert set(Like) - {Like.ANY} <= set(WRITTEN)


@pytest.mark.parametrize("name", WRITTEN)
def test_what_was_packed_with_a_dictionary_is_read_for_ever(name):
    assert unpacked(bytes.fromhex(WRITTEN[name][1])) == TIMES


def test_a_text_of_a_dictionary_that_is_not_here_is_refused():
    engine = zlib.compressobj(LEVEL, zdict=b"of a later release")
    content = engine.compress(b"of a later release") + engine.flush()

    with pytest.raises(zlib.error, match="not among those of this release"):
        unpacked(content)


@pytest.mark.parametrize("like", [Like.ANY, Like.LOG])
def test_a_text_that_is_cut_off_is_refused(like):
    with pytest.raises(zlib.error, match="incomplete"):
        unpacked(packed(LOG, like)[:-6])


def test_an_ab_takes_less_than_a_fifth_of_its_length():
    for file in SAMPLES.glob("*.ab"):
        text = file.read_text()
        assert len(packed(text, Like.AB)) < len(text) / 5


def test_lines_that_other_logs_have_take_two_bytes_each_whatever_their_second():
    lines = (FOLDER / Like.LOG).read_text().replace(SAME, "23:59:01").splitlines()[-60:]

    assert len(packed("\n".join(lines), Like.LOG)) < 2 * len(lines)


def test_very_long_headers_that_repeat_each_other_take_the_room_of_one():
    one = "".join(f"HIERARCH ESO TEL AMBI{n} = {n * n % 977}\n" for n in range(3000))

    assert packed(one * 3).startswith(XZ)
    assert len(packed(one * 3)) < 1.2 * len(packed(one))


def test_a_log_is_small_in_the_database_and_whole_in_python(add):
    JobLog.objects.create(job=add(), text=LOG, command="esorex uves_obs_scired")

    assert unpacked(raw("processing_joblog", "text")) == LOG
    assert len(raw("processing_joblog", "text")) < len(LOG) / 50
    assert JobLog.objects.get().text == LOG
    assert list(JobLog.objects.values_list("text", "command", "headers")) == [(LOG, "esorex uves_obs_scired", "")]


def test_a_registered_ab_is_small_in_the_database_and_whole_in_python(db):
    text = (SAMPLES / "uves_point_source.ab").read_text()
    register.register(text, "uves_point_source.ab")

    assert raw("processing_associationblock", "text") == packed(text, Like.AB)
    assert AssociationBlock.objects.get().text == text


def test_a_condition_tells_a_text_from_another(add):
    JobLog.objects.create(job=add(), text=LOG)

    assert JobLog.objects.exclude(text=LOG).update(text="") == 0
    assert JobLog.objects.exclude(text=LOG + "!").update(text=LOG + "!") == 1


def test_a_list_comes_back_as_it_was_and_an_empty_one_takes_no_room(add):
    job = add()
    rows = [{"keyword": "EXPTIME", "value": 1500.0, "source": "RAW"}]
    item = Ingestion.objects.create(job=job, label="ONE", sources=rows)

    assert json.loads(unpacked(raw("processing_ingestion", "sources"))) == rows
    assert raw("processing_ingestion", "files") == b""
    item.refresh_from_db()
    assert (item.sources, item.files, item.entry) == (rows, [], {})


def test_no_way_of_packing_is_taken_for_another():
    begins = {packed("a")[:1], PLAIN, CURVES, XZ[:1]}

    assert len(begins) == 4
