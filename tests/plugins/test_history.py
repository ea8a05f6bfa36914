"""Files of old rows: whole or not at all, and each part can be read by itself."""

import gzip
import json
import os

import pytest

from processing.plugins import history


def lines(*numbers):
    return [json.dumps({"job": number, "text": "x" * number}).encode() for number in numbers]


@pytest.fixture
def file(tmp_path):
    found = tmp_path / "logs-2012-05.jsonl.gz"
    history.add(found, [lines(1, 2), lines(30_000)])
    return found


def test_any_program_reads_a_file_as_lines(file):
    with gzip.open(file) as stream:
        assert [json.loads(line)["job"] for line in stream] == [1, 2, 30_000]


def test_a_part_is_read_by_itself(file):
    places = history.content(file).places
    (line,) = lines(30_000)

    assert history.read(file, places[history.digest(line)])["text"] == "x" * 30_000


def test_what_is_added_leaves_the_bytes_before_it_as_they_were(file):
    before = file.read_bytes()
    found = history.add(file, [lines(7)])

    assert file.read_bytes().startswith(before)
    assert (found.lines, history.content(file).lines) == (4, 4)
    assert history.read(file, found.places[history.digest(lines(7)[0])])["job"] == 7


def test_nothing_new_leaves_the_file_alone(file):
    before = file.stat()
    history.add(file, [])

    assert file.stat().st_ino == before.st_ino
    assert not [path for path in file.parent.iterdir() if path.name.endswith(history.DRAFT)]


def test_a_disk_that_fails_leaves_the_file_as_it_was(file, monkeypatch):
    before = file.read_bytes()
    monkeypatch.setattr(os, "fsync", lambda _number: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space left"):
        history.add(file, [lines(7)])

    assert file.read_bytes() == before
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_what_does_not_read_back_as_it_was_written_takes_no_place(file, monkeypatch):
    before = file.read_bytes()
    write = history.write

    def careless(draft, *arguments):
        write(draft, *arguments)
        draft.write_bytes(before)

    monkeypatch.setattr(history, "write", careless)
    with pytest.raises(history.Broken, match="does not read as it was written"):
        history.add(file, [lines(7)])

    assert file.read_bytes() == before


@pytest.mark.parametrize("damage", [lambda b: b[:-9], lambda b: b[:40] + b"\xff" + b[41:], lambda b: b + b"\0\0"])
def test_a_damaged_file_is_never_added_to(file, damage):
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(history.Broken, match=r"logs-2012-05\.jsonl\.gz"):
        history.add(file, [lines(7)])


@pytest.mark.parametrize("place", [5, 10**9])
def test_a_place_where_no_part_begins_is_told(file, place):
    with pytest.raises(history.Broken):
        history.read(file, place)


def test_a_part_of_any_length_takes_no_more_memory_than_it_may(file, monkeypatch):
    monkeypatch.setattr(history, "LARGEST", 1000)
    with pytest.raises(history.Broken, match="too large"):
        history.content(file)
