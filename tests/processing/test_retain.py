"""Old events and logs go into files of months, and nothing else does."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from processing import control
from processing.core.states import DateState, JobState
from processing.models import Event, Job, JobLog, ProcessingDate
from processing.workflow import retain
from tests.processing.aged import JUNE, MAY, age, filed, folder, known, names, processed


@pytest.fixture(autouse=True)
def history_dir(settings, tmp_path, archive):
    settings.PHOENIX = {**settings.PHOENIX, "HISTORY_DIR": tmp_path / "history"}


def tidy(capsys, *options):
    capsys.readouterr()
    call_command("phoenix", "tidy", "--json", *options)
    return json.loads(capsys.readouterr().out)


def test_old_events_and_logs_go_into_the_files_of_their_months(add, capsys):
    (first,) = processed(add)
    (second,) = processed(add, [2], JUNE)
    rows = list(Event.objects.filter(subject_id=second.pk, subject="job").order_by("id").values())
    log = first.log_text.text
    said = tidy(capsys)

    assert names() == [f"{kind}-2012-{month}.jsonl.gz" for kind in ("events", "logs") for month in ("05", "06")]
    assert not Event.objects.filter(subject__in=("job", "ingestion", "date")).exists()
    found = [row for row in filed("events-2012-06.jsonl.gz") if row["subject"] == "job"]
    assert found == [{**row, "at": row["at"].isoformat()} for row in rows]
    assert [row["text"] for row in filed("logs-2012-05.jsonl.gz")] == [log]
    assert said["events"] == sum(row["rows"] for row in said["files"] if row["kind"] == "events") > 10
    assert said["logs"] == 2


def test_a_log_in_a_file_is_read_from_there_and_takes_no_room_in_the_database(add, capsys):
    jobs = processed(add, [1, 2, 3])
    texts = {job.pk: job.log_text.text for job in jobs}
    tidy(capsys)

    for row in JobLog.objects.all():
        assert (row.text, row.command, row.headers, row.file) == ("", "", "", "logs-2012-05.jsonl.gz")
        assert row.kept is not None
        assert row.kept.text == texts[row.pk]


@pytest.mark.parametrize("state", [JobState.WAITING, JobState.RUNNING, JobState.PROCESSED])
def test_what_is_unfinished_stays_however_old_it_is(add, capsys, state):
    (job,) = processed(add)
    Job.objects.filter(pk=job.pk).update(state=state)
    said = tidy(capsys)

    assert Event.objects.filter(subject="job").exists()
    assert Event.objects.filter(subject="ingestion").exists()
    assert said["logs"] == 0


def test_the_events_of_a_date_that_is_not_finished_stay(add, capsys):
    processed(add)
    ProcessingDate.objects.update(state=DateState.HELD)
    tidy(capsys)

    assert {*Event.objects.values_list("subject", flat=True)} == {"date"}


def test_a_job_that_ended_lately_keeps_its_old_events(add, capsys):
    (job,) = processed(add)
    Job.objects.update(ended=timezone.now())
    tidy(capsys)

    assert Event.objects.filter(subject="job", subject_id=job.pk, new="WAITING").exists()


def test_what_people_have_decided_stays(add, capsys):
    control.stop("", "dome closed", "carl")
    processed(add)
    Event.objects.update(at=MAY)
    tidy(capsys)

    assert Event.objects.filter(subject="stop", who="carl").exists()


def test_what_is_younger_than_the_setting_stays_to_the_month(add, capsys, settings):
    settings.PHOENIX = {**settings.PHOENIX, "EVENTS_KEPT": 100, "LOGS_KEPT": 100}
    (job,) = processed(add)
    age(job, timezone.now() - timedelta(days=100))
    assert tidy(capsys)["files"] == []

    age(job, timezone.now() - timedelta(days=132))
    assert {row["kind"] for row in tidy(capsys)["files"]} == {"events", "logs"}


@pytest.mark.parametrize(("key", "kind"), [("EVENTS_KEPT", "events"), ("LOGS_KEPT", "logs")])
def test_a_kind_with_0_days_stays_for_ever(add, capsys, settings, key, kind):
    settings.PHOENIX = {**settings.PHOENIX, key: 0}
    processed(add)
    tidy(capsys)

    assert not [name for name in names() if name.startswith(kind)]


def test_again_changes_nothing(add, capsys):
    processed(add)
    tidy(capsys)
    before = {name: (folder() / name).read_bytes() for name in names()}

    assert tidy(capsys)["files"] == []
    assert {name: (folder() / name).read_bytes() for name in names()} == before


def test_what_comes_late_is_added_to_its_month(add, capsys):
    processed(add)
    tidy(capsys)
    before = filed("events-2012-05.jsonl.gz")
    processed(add, [2])
    tidy(capsys)

    assert filed("events-2012-05.jsonl.gz")[: len(before)] == before
    assert len(filed("logs-2012-05.jsonl.gz")) == 2
    assert [row.kept.text for row in JobLog.objects.order_by("pk") if row.kept] == [
        row["text"] for row in filed("logs-2012-05.jsonl.gz")
    ]


def test_a_dry_run_says_what_would_go_and_leaves_it(add, capsys):
    processed(add)
    before, said = known(), tidy(capsys, "--dry-run")

    assert not folder().exists()
    assert (said["dry_run"], said["logs"], known()) == (True, 1, before)
    assert tidy(capsys)["files"] == said["files"]


def test_people_read_each_file_as_it_is_made_and_the_numbers_at_the_end(add, capsys):
    processed(add)
    capsys.readouterr()
    call_command("phoenix", "tidy")
    said = capsys.readouterr()

    assert "events-2012-05.jsonl.gz: " in said.err
    assert "logs 1, sessions 0" in said.out


@pytest.mark.parametrize("batch", [1, 10])
def test_any_number_of_rows_goes_in_batches(add, capsys, monkeypatch, batch):
    processed(add, range(1, 6))
    before = known()
    monkeypatch.setattr(retain, "BATCH", 10 * batch)
    tidy(capsys)

    assert known() == before
    assert not JobLog.objects.filter(file="").exists()


def test_a_damaged_file_costs_no_row(add, capsys):
    processed(add)
    tidy(capsys)
    path = folder() / "events-2012-05.jsonl.gz"
    path.write_bytes(path.read_bytes()[:-4])
    processed(add, [2])
    number = Event.objects.count()
    with pytest.raises(CommandError, match=r"events-2012-05\.jsonl\.gz.*still in the database"):
        tidy(capsys)

    assert Event.objects.count() == number


def test_a_folder_that_cannot_be_written_is_named(add, capsys, settings):
    processed(add)
    Path(settings.PHOENIX["HISTORY_DIR"]).touch()
    with pytest.raises(CommandError, match="history"):
        tidy(capsys)

    assert JobLog.objects.filter(file="").exists()


def test_two_at_once_are_one_too_many(add, capsys):
    processed(add)
    with retain.alone(folder()), pytest.raises(CommandError, match="another process is at the files"):
        tidy(capsys)


def test_an_event_is_deleted_by_nobody_else(add):
    add()
    with pytest.raises(TypeError, match="append-only"):
        Event.objects.all().delete()
    with pytest.raises(TypeError, match="append-only"):
        Event.objects.filter(subject="job").delete()

    assert Event.objects.exists()
