"""Holds: broken surroundings cost no AB, stop their instrument with the text on show, and end by themselves."""

import shutil
import socket
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.utils import timezone

from processing import control, registry
from processing.core.errors import Damaged, Halt, HostHalt
from processing.core.states import DateState, JobState, Reason
from processing.models import Event, Hold, Instrument, Job, ProcessingDate
from processing.workflow import gate, sweep
from processing.workflow.hold import hold, probe_all
from processing.workflow.prepare import prepare
from processing.workflow.process import process
from tests.processing.conftest import FLUX, run_night, state


@pytest.fixture(autouse=True)
def _eager(settings, archive):
    """Look at every sweep."""
    settings.PHOENIX = {**settings.PHOENIX, "PROBE": 0.0}


def the_hold() -> Hold:
    return Hold.objects.get()


def test_an_archive_out_of_reach_holds_the_instrument_and_gives_the_claim_back(add, archive, tmp_path):
    job = add()
    prepare()
    archive.rename(tmp_path / "away")
    process()

    assert state(job) == (JobState.WAITING, "")
    assert (job.token, job.started) == (None, None)
    assert ProcessingDate.objects.get().state == DateState.HELD
    assert "cannot be reached" in the_hold().why


def test_nothing_of_a_held_instrument_starts_not_even_of_other_dates(add, archive, tmp_path):
    add(1)
    other = add(2, date="2012-05-08")
    prepare()
    ProcessingDate.objects.update(state=DateState.PROCESSING)
    hold(ProcessingDate.objects.get(date="2012-05-09"), Halt("the archive is away"))

    assert gate.ready() == []
    assert not process()
    assert state(other)[0] == JobState.WAITING


def test_a_hold_of_one_instrument_is_none_of_another(add):
    add()
    Instrument.objects.create(name="OTHER")
    hold(ProcessingDate.objects.get(), Halt("missing"))

    assert [instrument.name for instrument in gate.ready()] == ["OTHER"]


def test_a_missing_general_calibration_holds_the_instrument_and_fails_no_ab(add, archive):
    job = add(lines=FLUX)
    (archive / "gencalib" / "TC_GEXT.fits").unlink()
    run_night()
    date = ProcessingDate.objects.get()

    assert (date.state, "TC_GEXT.fits" in date.reason) == (DateState.HELD, True)
    assert "TC_GEXT.fits" in the_hold().why
    assert state(job) == (JobState.WAITING, "")


def test_a_missing_general_calibration_keeps_the_hold_until_it_is_there(add, archive):
    job = add(lines=FLUX)
    calibration = archive / "gencalib" / "TC_GEXT.fits"
    content = calibration.read_bytes()
    calibration.unlink()
    run_night()
    assert probe_all() == 0

    calibration.write_bytes(content)
    sweep.sweep()
    run_night()
    assert state(job) == (JobState.INGESTED, "")


def test_a_held_instrument_goes_on_by_itself_when_the_trouble_is_over(add, archive, tmp_path):
    job = add()
    away = tmp_path / "away"
    archive.rename(away)
    run_night()
    sweep.sweep()
    assert state(job)[0] == JobState.WAITING

    away.rename(archive)
    sweep.sweep()
    run_night()
    assert state(job) == (JobState.INGESTED, "")
    assert (the_hold().released_by, the_hold().released is None) == ("probe", False)


def test_the_surroundings_are_not_looked_at_all_the_time(add, archive, settings, tmp_path):
    add()
    away = tmp_path / "away"
    archive.rename(away)
    run_night()
    away.rename(archive)
    settings.PHOENIX = {**settings.PHOENIX, "PROBE": 3600.0}

    assert probe_all() == 0


def test_a_resume_tries_a_held_instrument_again_at_once(add, archive, tmp_path, capsys):
    job = add()
    away = tmp_path / "away"
    archive.rename(away)
    run_night()
    away.rename(archive)
    call_command("phoenix", "resume", "TESTCAM")
    run_night()

    assert "released 1" in capsys.readouterr().out
    assert state(job) == (JobState.INGESTED, "")


def test_two_workers_that_find_the_archive_gone_hold_it_once(add):
    add()
    prepare()
    for _ in range(2):
        hold(ProcessingDate.objects.get(), Halt("the archive is gone"))

    assert Hold.objects.count() == 1
    assert Event.objects.filter(subject="date", new=DateState.HELD).count() == 1
    assert Event.objects.filter(subject="hold", new="HELD").count() == 1


def test_releasing_twice_is_releasing_once(add):
    add()
    hold(ProcessingDate.objects.get(), Halt("gone"))

    assert (control.release_holds("TESTCAM", "anna"), control.release_holds("TESTCAM", "anna")) == (1, 0)
    assert Event.objects.filter(subject="hold", new="RELEASED").count() == 1


def test_a_full_disk_holds_the_instrument_on_this_host_and_leaves_the_date_to_others(add, monkeypatch):
    job = add()
    prepare()
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1e6))
        process()
        assert "GB are free" in the_hold().why
        assert the_hold().host == socket.gethostname()
        assert state(job) == (JobState.WAITING, "")
        assert ProcessingDate.objects.get().state == DateState.PROCESSING
    sweep.sweep()
    run_night()
    assert state(job) == (JobState.INGESTED, "")


def test_a_disk_below_its_limit_is_seen_before_a_date_is_prepared(add, settings):
    add()
    settings.PHOENIX = {**settings.PHOENIX, "DISK_LIMIT": 1e9}
    prepare()

    assert "PHOENIX_DISK_LIMIT" in the_hold().why
    assert ProcessingDate.objects.get().state == DateState.REGISTERED
    assert not prepare()


def test_a_hold_of_another_host_does_not_keep_this_one(add):
    job = add()
    values = {"why": "disk full", "looked": timezone.now() - timedelta(hours=1)}
    Hold.objects.create(instrument=Instrument.objects.get(), host="elsewhere", **values)
    run_night()

    assert state(job)[0] == JobState.INGESTED
    assert probe_all() == 0


def test_a_work_directory_that_cannot_be_written_holds_the_instrument(add, settings, tmp_path):
    job = add()
    prepare()
    (tmp_path / "file").touch()
    settings.PHOENIX = {**settings.PHOENIX, "WORK_DIR": tmp_path / "file" / "work"}
    process()

    assert state(job) == (JobState.WAITING, "")
    assert "cannot be written" in the_hold().why


def test_a_recipe_runner_that_is_not_installed_holds_the_instrument_here_until_it_is(add, monkeypatch):
    job = add()
    prepare()
    with monkeypatch.context() as patched:
        patched.setattr("sys.executable", "/no/such/program")
        process()
        assert (state(job), job.started) == ((JobState.WAITING, ""), None)
        assert "is not installed" in the_hold().why
        assert probe_all() == 0
    assert probe_all() == 1


def damaging(monkeypatch: pytest.MonkeyPatch) -> None:
    def fetch(*_arguments: object) -> None:
        raise Damaged("TC.fits came short")

    monkeypatch.setattr(registry.archive(), "fetch", fetch)


def test_a_raw_frame_that_does_not_arrive_whole_is_fetched_again_later(add, worker, monkeypatch):
    job = add()
    prepare()
    with monkeypatch.context() as patched:
        damaging(patched)
        process()
    assert (state(job), job.transfers) == ((JobState.WAITING, ""), 1)
    assert "a file did not arrive whole; it is fetched again at" in control.why_waiting(job)
    assert not process()

    Job.objects.update(not_before=timezone.now())
    run_night()
    assert state(job) == (JobState.INGESTED, "")


def test_a_raw_frame_that_never_arrives_whole_fails_its_ab_after_three_tries(add, monkeypatch):
    job = add()
    prepare()
    damaging(monkeypatch)
    for _ in range(3):
        Job.objects.update(not_before=None)
        process()

    assert state(job) == (JobState.FAILED, Reason.RAW_DAMAGED)
    assert job.started is None
    assert Hold.objects.count() == 0


def test_a_calibration_that_does_not_arrive_whole_holds_its_date_alone(add, monkeypatch):
    add()
    damaging(monkeypatch)
    prepare()

    assert ProcessingDate.objects.get().state == DateState.HELD
    assert Hold.objects.count() == 0


def test_a_bug_while_a_date_is_prepared_holds_it_and_is_tried_again(add, settings, monkeypatch):
    job = add()
    with monkeypatch.context() as patched:
        patched.setattr(registry.archive(), "fetch", None)
        prepare()
        assert ProcessingDate.objects.get().reason == "unexpected TypeError: 'NoneType' object is not callable"
    settings.PHOENIX = {**settings.PHOENIX, "HOLD_RETRY": 0}
    sweep.sweep()
    run_night()

    assert state(job) == (JobState.INGESTED, "")


def test_trouble_of_a_host_is_trouble_that_halts():
    assert issubclass(HostHalt, Halt)
