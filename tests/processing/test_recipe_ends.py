"""How a recipe ended, as its job tells it: each kind of end has a state and reason of its own, and keeps its log."""

import errno
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import OperationalError

from processing.core.states import JobState, Reason
from processing.plugins import logs
from processing.workflow import convert, files, record
from processing.workflow.prepare import prepare
from processing.workflow.process import process
from tests import testcam
from tests.processing.conftest import run_night, state

HALF = "import os, time, sys\nos.write(1, b'a line\\nhalf a li')\n"
GB = 2**30


@pytest.fixture
def ended(add, monkeypatch):
    """A job whose recipe is this Python program, run to its end."""
    ordinary = testcam.Testcam.command

    def end(program: str, memory: int = 0, **parameters: float):
        limited = lambda *given: replace(ordinary(*given), memory=memory)  # noqa: E731
        monkeypatch.setattr(testcam, "RECIPE", program)
        monkeypatch.setattr(testcam.Testcam, "command", limited)
        job = add(**parameters)
        run_night()
        job.refresh_from_db()
        return job

    return end


@pytest.mark.parametrize(
    ("how", "reason", "sentence"),
    [
        ("sys.exit(6)", Reason.RECIPE_FAILED, "exit code 6"),
        ("os.kill(os.getpid(), 9)", Reason.RECIPE_KILLED, "The recipe was ended by signal 9."),
        ("os.abort()", Reason.RECIPE_KILLED, "The recipe was ended by signal 6."),
    ],
)
def test_a_recipe_that_ends_badly_says_how_and_keeps_its_log_to_the_last_half_line(ended, how, reason, sentence):
    job = ended(HALF + how)

    assert (job.state, job.reason, job.sentence) == (JobState.FAILED, reason, sentence)
    assert job.log_text.text == "a line\nhalf a li"


def test_a_recipe_at_its_time_limit_keeps_its_log_to_the_last_half_line(ended):
    job = ended(f"{HALF}time.sleep(60)", limit=0.5)

    assert state(job) == (JobState.TIMED_OUT, Reason.TIME_LIMIT)
    assert job.log_text.text == "a line\nhalf a li"


def test_a_recipe_at_its_memory_limit_names_the_limit(ended):
    job = ended(f"{HALF}bytearray({GB})", memory=GB // 2)

    assert (job.state, job.reason) == (JobState.FAILED, Reason.OUT_OF_MEMORY)
    assert job.sentence.startswith("The recipe reached its memory limit of 0.5 GB; its peak was 0.")
    assert job.log_text.text.startswith("a line\nhalf a li")
    assert "MemoryError" in job.log_text.text


def test_a_recipe_that_is_refused_memory_without_a_limit_names_none(ended):
    job = ended("import os, sys\nsys.exit(os.strerror(12))")

    assert (job.state, job.reason) == (JobState.FAILED, Reason.OUT_OF_MEMORY)
    assert job.sentence.startswith("The recipe was refused more memory; its peak was ")


def test_a_log_without_end_neither_fills_the_worker_nor_the_database(ended):
    job = ended("import os\nos.write(1, b'first')\nos.ftruncate(1, 2**30)\nos.lseek(1, 0, 2)\nos.write(1, b'last')\nx")

    assert state(job) == (JobState.FAILED, Reason.RECIPE_FAILED)
    kept = job.log_text.text
    assert kept.startswith("first")
    assert "NameError: name 'x'" in kept
    assert len(kept) < record.LOG_LIMIT


def test_a_log_that_was_shortened_when_read_is_not_shortened_again(tmp_path):
    (tmp_path / "log").write_text("x" * 2 * logs.LIMIT)
    read = logs.read(tmp_path / "log")

    assert record.shortened(read) == read


def test_a_disk_that_is_full_after_the_recipe_is_waited_for(add, monkeypatch):
    job = add()
    refused: list[Path] = []
    write = Path.write_text

    def full_once(path: Path, text: str) -> int:
        if path.name == convert.MANIFEST and not refused:
            refused.append(path)
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(path, text)

    monkeypatch.setattr(Path, "write_text", full_once)
    monkeypatch.setattr(files, "PAUSE", 0)
    run_night()

    assert (state(job)[0], len(refused), len(testcam.starts())) == (JobState.INGESTED, 1, 1)


def test_a_disk_that_stays_full_after_the_recipe_costs_the_job(add, monkeypatch, settings):
    settings.PHOENIX = {**settings.PHOENIX, "PATIENCE": 0.0}
    job = add()

    def full(_path: Path, _text: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    prepare(), process()

    assert state(job) == (JobState.FAILED, Reason.UNEXPECTED)
    assert "No space left on device" in job.sentence


@pytest.mark.parametrize(
    ("step", "end", "starts"),
    [("check", (JobState.WAITING, ""), 0), ("measure", (JobState.LOST, Reason.WORKER_LOST), 1)],
)
def test_a_database_that_is_away_at_a_question_costs_the_attempt_only_if_it_was_started(
    add, monkeypatch, step, end, starts
):
    job = add()
    prepare()

    def away(*_arguments: object) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(testcam.Testcam, step, away)
    process()

    assert (state(job), len(testcam.starts())) == (end, starts)
