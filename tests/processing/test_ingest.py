"""Ingestion: bounded attempts, nothing stored twice, and never a second run of the pipeline."""

import shutil
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from processing.core.errors import NotWithdrawn
from processing.core.states import IngestState, JobState, Reason
from processing.models import Event, Ingestion, Notice, Product
from processing.models.moves import Moving
from processing.plugins.ingestors.folder import FolderIngestor
from processing.workflow import catalogue, convert, record, sweep
from processing.workflow import ingest as steps
from processing.workflow.prepare import prepare
from processing.workflow.process import process
from tests import testcam
from tests.processing.conftest import run_night, state


@pytest.fixture
def processed(add):
    """A job whose product waits for ingestion."""
    job = add()
    prepare()
    process()
    return job


def product_archive() -> Path:
    return Path(settings.PHOENIX["INGESTOR"]["OPTIONS"]["root"])


def archived() -> list[Path]:
    return sorted(product_archive().rglob("*.fits"))


def test_an_archive_that_is_down_gets_three_attempts_and_the_pipeline_is_not_run_again(processed, monkeypatch):
    monkeypatch.setitem(settings.PHOENIX, "INGEST_RETRY", 0.0)
    root = product_archive()
    root.parent.mkdir(parents=True, exist_ok=True)
    root.write_text("a file where the archive's folder should be")
    for _ in range(4):
        steps.ingest()
        sweep.sweep()
    item = Ingestion.objects.get()

    assert (item.state, item.attempts) == (IngestState.DEAD, 3)
    assert state(processed) == (JobState.INGEST_FAILED, Reason.INGEST_ATTEMPTS)
    assert testcam.starts() == [processed.block.name]
    root.unlink()


def test_an_archive_that_comes_back_gets_the_product_once(processed, monkeypatch):
    monkeypatch.setitem(settings.PHOENIX, "INGEST_RETRY", 0.0)
    root = product_archive()
    root.write_text("in the way")
    steps.ingest()
    root.unlink()
    sweep.sweep()
    run_night()

    assert state(processed)[0] == JobState.INGESTED
    assert len(archived()) == Product.objects.count() == 1


def test_a_product_that_breaks_a_rule_is_rejected_with_the_rule(processed):
    for raw in processed.block.raws.all():
        raw.exptime = 0.0
        raw.save()
    steps.ingest()
    item = Ingestion.objects.get()

    assert item.state == IngestState.REJECTED
    assert "G09" in {finding["rule"] for finding in item.findings}
    assert state(processed) == (JobState.INGEST_REJECTED, Reason.IDP_RULES)
    assert archived() == []


@pytest.mark.parametrize("done", [1, 2, 3])
def test_an_ingestion_that_was_interrupted_goes_on_and_stores_once(processed, done):
    [item] = Ingestion.objects.claim("a worker that dies", 1)
    catalogue.name([item])
    for taken in (
        lambda: steps.each([item], IngestState.QUEUED, steps.to_file),
        lambda: steps.each([item], IngestState.CONVERTED, steps.validate),
        lambda: steps.store([item]),
    )[:done]:
        taken()
    assert not steps.ingest()
    Ingestion.objects.update(lease=timezone.now() - timedelta(seconds=1))
    run_night()

    assert state(processed)[0] == JobState.INGESTED
    assert len(archived()) == Product.objects.count() == 1


def test_a_job_ends_badly_even_if_no_header_of_its_products_can_be_kept(processed, monkeypatch):
    monkeypatch.setitem(settings.PHOENIX, "INGEST_RETRY", 0.0)
    root = product_archive()
    root.write_text("in the way")
    monkeypatch.setattr(record, "headers", broken)
    for _ in range(4):
        steps.ingest()
        sweep.sweep()
    root.unlink()

    assert state(processed) == (JobState.INGEST_FAILED, Reason.INGEST_ATTEMPTS)


def test_a_second_delivery_ingests_nothing(processed):
    assert [steps.ingest(), steps.ingest()] == [1, 0]
    assert len(archived()) == 1


def test_a_job_is_not_processed_without_the_ingestions_of_its_products(add, monkeypatch):
    job = add()
    prepare()
    monkeypatch.setattr(record, "processed", broken)
    process()

    assert state(job)[0] != JobState.PROCESSED
    assert not Ingestion.objects.exists()


def test_two_products_of_one_millisecond_get_two_names(add, monkeypatch):
    for number in (1, 2):
        add(number)
    prepare()
    process(), process()
    moment = timezone.now()
    monkeypatch.setattr("processing.workflow.catalogue.timezone.now", lambda: moment)
    names = {catalogue.archive_name(item) for item in Ingestion.objects.all()}

    assert len(names) == 2


def test_products_stay_until_their_date_is_finished(processed):
    steps.ingest()
    shutil.rmtree(product_archive())

    assert convert.path(Ingestion.objects.get()).exists()


def test_products_stay_when_only_the_answer_to_the_commit_was_lost(add, monkeypatch):
    job = add()
    prepare()
    committed = Moving._committed

    def unanswered(self: Moving, new: StrEnum, *arguments: Any) -> bool:
        """As a repetition finds it: somebody, who was ourselves, has moved it."""
        return committed(self, new, *arguments) and new != JobState.PROCESSED

    with monkeypatch.context() as away:
        away.setattr(Moving, "_committed", unanswered)
        process()
    run_night()

    assert state(job)[0] == JobState.INGESTED


def test_what_waits_for_another_attempt_is_nobodys_any_more(processed, monkeypatch):
    [item] = Ingestion.objects.claim("somebody", 1)
    steps.retry(item, "the archive is down")

    assert not Ingestion.objects.renew([item])
    assert Ingestion.objects.get().lease is None


def test_a_product_that_was_stored_before_the_trouble_came_is_registered_on_the_next_attempt(processed, monkeypatch):
    monkeypatch.setitem(settings.PHOENIX, "INGEST_RETRY", 0.0)
    with monkeypatch.context() as trouble:
        trouble.setattr(Product.objects, "create", broken)
        steps.ingest()
    sweep.sweep()
    run_night()

    assert state(processed)[0] == JobState.INGESTED
    assert len(archived()) == Product.objects.count() == 1


def broken(*_values: object, **_named: object) -> None:
    raise OSError("the database is away")


def test_another_file_under_the_products_name_rejects_it_with_that_reason(processed):
    [item] = Ingestion.objects.claim("somebody", 1)
    name = catalogue.archive_name(item)
    target = product_archive() / name.removeprefix("ADP.")[:7] / f"{name}.fits"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(b"something else")
    Ingestion.objects.update(lease=None)
    steps.ingest()

    assert state(processed) == (JobState.INGEST_REJECTED, Reason.ARCHIVE_CONFLICT)
    assert target.read_bytes() == b"something else"


def test_an_ingestion_that_somebody_else_took_over_is_left_to_them(processed, monkeypatch):
    written, write = [], convert.write

    def overtaken(item: Ingestion) -> convert.Converted:
        written.append(item.dp_id)
        assert len(written) == 1
        Ingestion.objects.filter(pk=item.pk).update(state=IngestState.CONVERTED, sha256="theirs")
        return write(item)

    monkeypatch.setattr(convert, "write", overtaken)
    steps.ingest()

    assert len(written) == 1
    assert Ingestion.objects.get().sha256 == "theirs"
    assert state(processed)[0] == JobState.PROCESSED


def test_a_job_whose_worker_died_after_the_last_ingestion_is_ended_by_the_sweep(processed, monkeypatch):
    with monkeypatch.context() as dying:
        dying.setattr(steps, "conclude", lambda _job: None)
        steps.ingest()
    assert state(processed)[0] == JobState.PROCESSED
    sweep.sweep()

    assert state(processed)[0] == JobState.INGESTED


def test_a_file_that_was_stored_and_never_became_a_product_is_taken_back(processed, monkeypatch):
    monkeypatch.setitem(settings.PHOENIX, "INGEST_RETRY", 0.0)

    def fails(_item: Ingestion) -> None:
        raise OSError("the file cannot be read back")

    monkeypatch.setattr(catalogue, "register", fails)
    steps.ingest()
    assert len(archived()) == 1
    for _ in range(2):
        sweep.sweep()
        steps.ingest()
    found = sweep.sweep()

    assert state(processed) == (JobState.INGEST_FAILED, Reason.INGEST_ATTEMPTS)
    assert archived() == []
    # The product, and its preview.
    assert (found["withdrawn"], sweep.sweep()["withdrawn"]) == (2, 0)


def test_a_file_of_somebody_else_under_the_name_is_not_taken_back(processed):
    name = catalogue.archive_name(Ingestion.objects.get())
    target = product_archive() / name.removeprefix("ADP.")[:7] / f"{name}.fits"
    target.parent.mkdir(parents=True)
    target.write_text("other")
    steps.ingest()
    sweep.sweep()

    assert state(processed) == (JobState.INGEST_REJECTED, Reason.ARCHIVE_CONFLICT)
    assert target.read_text() == "other"


def test_a_file_that_the_archive_keeps_is_in_the_event_log_once(processed, monkeypatch):
    monkeypatch.setitem(settings.PHOENIX, "INGEST_RETRY", 0.0)

    def fails(_item: Ingestion) -> None:
        raise OSError("the file cannot be read back")

    def keeps(_archive: FolderIngestor, name: str, _sha256: str) -> bool:
        raise NotWithdrawn(f"{name} stays in the archive: nothing may be removed")

    monkeypatch.setattr(catalogue, "register", fails)
    monkeypatch.setattr(FolderIngestor, "withdraw", keeps)
    for _ in range(4):
        steps.ingest()
        sweep.sweep()
    [event] = Event.objects.filter(new="NOT_WITHDRAWN")

    # The product, and its preview.
    assert event.why.count("nothing may be removed") == 2
    assert (event.subject, event.subject_id) == ("ingestion", Ingestion.objects.get().pk)
    assert Notice.objects.filter(kind="KEPT").count() == 1
