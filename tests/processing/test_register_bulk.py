"""Registering thousands of AB files: what it may hold in memory, what a bad file and a sudden end do."""

import gc
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from threading import Event as Signal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from processing import control
from processing.core.ab import AB
from processing.core.states import DateState, JobState, Reason
from processing.management.registered import as_json
from processing.models import AssociationBlock, Event, Instrument, Job, ProcessingDate, RawFrame, Score
from processing.models.blocks import read
from processing.models.pour import fresh_keys, pour
from processing.workflow import enrol, intake
from processing.workflow.register import Given, register, register_all
from tests.processing.conftest import ab_text, run_night

ROOT = Path(__file__).parent.parent.parent
MANY = 2_500


@pytest.fixture
def tree(tmp_path):
    """Makes a folder of AB files, of so many dates."""

    def made(number, dates=3):
        for one in range(number):
            date = f"2012-05-{9 + one % dates:02}"
            file = tmp_path / "abs" / date / f"{one:05}.ab"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(ab_text(one, date=date))
        return tmp_path / "abs"

    return made


def registered(*paths):
    return list(control.register_files(control.find_files(paths)))


def given(*texts):
    return [Given(read(text, "x.ab"), text, "x.ab") for text in texts]


def whole(number):
    """Every AB has its frame, its job, the first event of that, and its scores: once each."""
    assert AssociationBlock.objects.count() == RawFrame.objects.count() == Job.objects.count() == number
    assert Event.objects.filter(subject="job").count() == number
    assert Job.objects.filter(scores=None).count() == 0
    assert sum(ProcessingDate.objects.values_list("abs", flat=True)) == number


def test_no_more_than_two_batches_of_abs_are_in_memory(certified, tree, monkeypatch):
    monkeypatch.setattr(intake, "ABS", 50)
    seen = []
    for number, _ in enumerate(control.register_files(control.find_files([tree(500)]))):
        if number % 25 == 0:
            gc.collect()
            seen.append(sum(isinstance(one, AB) for one in gc.get_objects()))

    assert max(seen) <= 2 * 50


def test_a_batch_of_long_texts_ends_before_it_has_its_number(certified, tree, monkeypatch):
    monkeypatch.setattr(intake, "CHARACTERS", 2 * len(ab_text()))
    sizes: list[int] = []

    def counted(some):
        sizes.append(len(some))
        return register_all(some)

    monkeypatch.setattr(intake, "register_all", counted)
    registered(tree(7, dates=1))

    assert sizes == [3, 3, 1]


def test_while_the_database_stores_a_batch_the_next_is_read_and_no_other(certified, monkeypatch):
    monkeypatch.setattr(intake, "ABS", 2)
    read, ahead = [], Signal()

    def source():
        for number in range(8):
            read.append(number)
            if number == 3:
                ahead.set()
            yield ab_text(number).encode(), f"{number}.ab"

    def stored(some):
        assert ahead.wait(20)
        assert read == [0, 1, 2, 3]
        return register_all(some)

    monkeypatch.setattr(intake, "register_all", stored)

    assert next(control.register_contents(source())).result == "REGISTERED"


def test_a_file_is_told_before_those_of_the_next_batch_are_stored(certified, tree, monkeypatch):
    monkeypatch.setattr(intake, "ABS", 2)
    folder = tree(4, dates=1)
    outcomes = control.register_files(control.find_files([folder]))
    next(outcomes)

    assert AssociationBlock.objects.count() == 2


def test_a_broken_file_among_thousands_is_named_with_its_line_and_keeps_no_other(certified, tree):
    folder = tree(MANY)
    broken = folder / "2012-05-10" / "01000.ab"
    broken.write_text(broken.read_text().replace("OBS_ID\t4711", "OBS_ID"))
    outcomes = registered(folder)

    assert [(one.file, one.line) for one in outcomes if one.refused] == [(str(broken), 6)]
    assert len(outcomes) == MANY
    whole(MANY - 1)


def test_files_are_told_in_their_order(certified, tree):
    folder = tree(10)
    (folder / "2012-05-09" / "00004.ab").write_bytes(b"\xff")

    assert [one.file for one in registered(folder)] == [str(file) for file in sorted(folder.rglob("*.ab"))]


def test_a_second_file_of_an_ab_in_the_same_batch_changes_nothing_and_other_content_is_refused(certified):
    found = control.register_contents([(ab_text(s2n=n).encode(), f"{n}.ab") for n in (1, 1, 2)])

    assert [one.result for one in found] == ["REGISTERED", "UNCHANGED", "REFUSED"]
    assert AssociationBlock.objects.get().text == ab_text(s2n=1)
    whole(1)


def test_twins_of_one_batch_are_one_attempt(certified):
    twin = ab_text().replace("AB_NAME\tTC.", "AB_NAME\tTWIN.")
    found = [*control.register_contents([(ab_text().encode(), "a"), (twin.encode(), "b")])]

    assert [(one.state, one.reason) for one in found] == [("WAITING", ""), ("REJECTED", Reason.DUPLICATE)]
    assert found[1].sentence.startswith("TC.")


def test_the_twin_of_a_rejected_ab_is_attempted(certified):
    bad = ab_text().replace("MASTER_BIAS_ONE", "MASTER_BIAS_TWO").replace("AB_NAME\tTC.", "AB_NAME\tBAD.")
    found = control.register_contents([(bad.encode(), "a"), (ab_text().encode(), "b")])

    assert [one.state for one in found] == ["REJECTED", "WAITING"]


def test_twenty_abs_take_the_queries_of_two(certified, tree):
    registered(tree(1, dates=1))
    numbers = []
    for first, size in ((10, 2), (20, 20)):
        with CaptureQueriesContext(connection) as captured:
            register_all(given(*(ab_text(first + n) for n in range(size))))
        numbers.append(len(captured))

    assert numbers[0] == numbers[1]


def test_rows_by_the_batch_are_those_that_objects_would_be(certified):
    awkward = "# a\\b\ttab \\N\r\n# 100 %s \\."
    job = register(f"{ab_text()}\n{awkward}\nMJD-OBS\t56057.13730163", "x.ab").job
    block = job.block

    assert block.text.splitlines() == f"{ab_text()}\n{awkward}\nMJD-OBS\t56057.13730163".splitlines()
    assert "\\b\ttab \\N\r\n" in block.text
    assert (block.mjd_obs, block.setup, block.prog_id) == (56057.13730163, "ONE", "")
    assert (job.token, job.due, job.background, job.ended, job.association_flags) == (None, True, False, None, 2)
    assert job.certificate == certified
    assert abs((job.registered - block.registered).total_seconds()) < 10
    score = Score.objects.get(job=job, name="time_match")
    assert (score.kind, score.value, score.low, score.high, score.flag) == ("ASSOCIATION", 1.0, None, 0.0, 1)
    event = Event.objects.get(subject="job", subject_id=job.pk)
    assert (event.name, event.old, event.new, event.why) == (block.name, "", JobState.WAITING, "")


def test_keys_that_were_given_away_are_nobody_elses(certified):
    block = register(ab_text(1), "x.ab").job.block
    keys = fresh_keys(AssociationBlock, 2)
    AssociationBlock.objects.create(pk=keys[1], name="a", date=block.date, text="", sha256="", frames="", recipe="")
    after = AssociationBlock.objects.create(name="b", date=block.date, text="", sha256="", frames="", recipe="")

    assert block.pk < keys[0] < keys[1] < after.pk


@pytest.mark.parametrize("number", [0, 2])
def test_json_that_is_told_file_by_file_is_one_list(certified, tree, tmp_path, number):
    told: list[str] = []
    tree(number)
    refused = as_json([tmp_path], told.append)

    assert not refused
    assert [one["result"] for one in json.loads("".join(told))] == ["REGISTERED"] * number


def test_a_batch_of_a_finished_date_opens_it_again(add):
    add(1)
    run_night()
    register_all(given(ab_text(2), ab_text(3)))

    assert ProcessingDate.objects.get().state == DateState.REGISTERED


def test_an_error_in_the_middle_of_a_batch_stores_nothing_of_it_and_again_stores_all(certified, monkeypatch):
    def broken(_enrolment, _found):
        raise RuntimeError("power cut")

    with monkeypatch.context() as patched:
        patched.setattr(enrol.Enrolment, "store", broken)
        with pytest.raises(RuntimeError):
            register_all(given(ab_text(1), ab_text(2)))
    assert not AssociationBlock.objects.exists()
    assert not ProcessingDate.objects.exists()
    register_all(given(ab_text(1), ab_text(2)))

    whole(2)


@pytest.mark.skipif("sqlite" in os.environ.get("DATABASE_URL", ""), reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_two_who_register_the_same_files_at_once_register_each_once(certified, tree, monkeypatch):
    monkeypatch.setattr(intake, "ABS", 20)
    folder, together = tree(200), Barrier(2)

    def work(_number):
        try:
            together.wait(20)
            return [one.result for one in registered(folder)]
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(work, range(2))

    assert {*zip(first, second, strict=True)} <= {("REGISTERED", "UNCHANGED"), ("UNCHANGED", "REGISTERED")}
    whole(200)


@pytest.mark.skipif("sqlite" in os.environ.get("DATABASE_URL", ""), reason="the command needs the database of the test")
@pytest.mark.django_db(transaction=True)
def test_a_command_that_is_killed_in_the_middle_and_run_again_has_lost_and_doubled_nothing(certified, tree):
    folder = tree(MANY)
    url = os.environ["DATABASE_URL"].rpartition("/")[0] + "/" + connection.settings_dict["NAME"]
    environment = os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    command = [sys.executable, "manage.py", "phoenix", "register", str(folder)]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 120
        while not AssociationBlock.objects.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    before = AssociationBlock.objects.count()
    results = [one.result for one in registered(folder)]

    assert process.returncode == -signal.SIGKILL
    assert 0 < before < MANY
    assert (results.count("UNCHANGED"), results.count("REGISTERED")) == (before, MANY - before)
    whole(MANY)


def test_a_mistake_in_making_a_row_is_told_as_it_is_and_not_as_one_of_the_database(db):
    def rows() -> Iterator[tuple[str]]:
        yield ("UVES",)
        raise LookupError("no such certificate")

    with pytest.raises(LookupError, match="no such certificate"), transaction.atomic():
        pour(Instrument(), ["name"], rows())

    assert not Instrument.objects.exists()
