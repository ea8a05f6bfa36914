"""What a large campaign may cost: its size in ABs adds rows, and no queries."""

import os
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from processing import control
from processing.core.states import JobState, Reason
from processing.models import AssociationBlock, Certificate, Job
from processing.models.alike import insert
from processing.workflow import steer
from processing.workflow.choose import Judge
from processing.workflow.fill import Preview, batches, store
from tests.processing.campaigning import begun, night, of, plan
from tests.processing.conftest import ab_text, state


def tree(tmp_path, number):
    folder = tmp_path / "abs" / f"{number} of a date"
    folder.mkdir(parents=True)
    for one in range(number):
        (folder / f"{one}.ab").write_text(ab_text(number * 100 + one))
    return {"source": "TREE", "names": [folder], "name": folder.name}


def queries(act):
    with CaptureQueriesContext(connection) as captured:
        act()
    return len([one for one in captured if "SAVEPOINT" not in one["sql"]])


def test_ten_abs_of_a_tree_are_registered_and_listed_with_the_queries_of_two(certified, tmp_path):
    numbers = []
    for size in (2, 10):
        row = control.create_campaign(plan(**tree(tmp_path, size)), "anna")
        numbers.append(queries(lambda row=row: list_jobs(row)))

    # The second finds instrument and date.
    assert numbers[1] <= numbers[0]
    assert AssociationBlock.objects.count() == Job.objects.count() == 12


def list_jobs(row):
    """What filling does, without opening the first dates."""
    judge = Judge(row)
    for some in batches(row, Preview(), storing=True):
        store(row, [(one, verdict) for one, verdict in judge.verdicts(some) if verdict])


def test_abs_that_have_to_be_read_again_are_read_by_one_query(add, certified):
    numbers = []
    Certificate.objects.filter(pk=certified.pk).update(state="SUSPENDED")
    for number in range(6):
        add(number)
        if number in (1, 5):
            numbers.append(queries(lambda: control.preview_campaign(plan())))

    assert numbers[0] == numbers[1]


def test_a_date_of_seven_abs_is_opened_with_the_queries_of_two(add):
    for day, size in ((0, 2), (1, 7)):
        for number in range(size):
            add(10 * day + number, date=f"2012-05-{9 + day:02d}")
    Job.objects.update(state=JobState.INGESTED)
    row = control.create_campaign(plan(), "anna")
    list_jobs(row)
    few, many = (queries(lambda: steer.open_next(row)) for _ in range(2))

    assert many <= few
    assert of(row).filter(due=True).exclude(association_flags=None).count() == 9
    assert {job.scores.count() > 0 for job in of(row)} == {True}


@pytest.mark.skipif("sqlite" in os.environ.get("DATABASE_URL", ""), reason="SQLite needs no statistics for it")
def test_the_database_knows_how_many_jobs_wait_before_the_first_of_a_campaign_starts(add):
    add(1), add(2)
    Job.objects.update(state=JobState.INGESTED)
    begun()
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE relname IN ('processing_job', 'job_due')")
        assert {number for (number,) in cursor} == {4, 0}


def test_two_files_of_a_tree_that_name_one_ab_are_one_ab_and_other_content_is_named(certified, tmp_path):
    asked = tree(tmp_path, 1)
    (asked["names"][0] / "copy.ab").write_text(ab_text(100))
    (asked["names"][0] / "other.ab").write_text(ab_text(100, sleep=1))
    found = control.preview_campaign(plan(**asked))

    assert (found.run, len(found.unreadable)) == (1, 1)
    assert of(begun(**asked)).count() == 1


def test_a_job_that_is_listed_and_not_run_has_ended_when_it_was_made(add):
    night(add, 1)
    job = of(begun(kind="BACK")).get()

    assert state(job) == (JobState.SKIPPED, Reason.PROCESSED_BEFORE)
    assert job.ended
    assert abs(job.ended - job.registered) < timedelta(seconds=1)
    assert job.certificate


def test_rows_of_whole_numbers_alone_are_inserted_once_each_with_what_they_have_in_common(add):
    first = add(1)
    blocks = [add(number).block_id for number in (2, 3)]
    Job.objects.filter(block__in=blocks).delete()
    common = Job(campaign=first.campaign, state="WAITING", sentence='it\'s 100 % "so"', late_seconds=1.5)
    rows = [(block, first.date_id, turn) for block, turn in zip(blocks, (-7, 7), strict=True)]
    insert(common, ("block_id", "date_id", "turn"), [*rows, (first.block_id, first.date_id, 5), rows[0]])
    made = of(first.campaign).filter(block__in=blocks)

    assert [(job.block_id, job.date_id, job.turn) for job in made] == rows
    assert {(job.sentence, job.late_seconds, job.certificate) for job in made} == {('it\'s 100 % "so"', 1.5, None)}
    assert first.fresh().turn == first.turn


def test_an_ab_whose_twin_cannot_be_processed_is_run_and_of_two_that_can_one(add, certified):
    first, second, third = (add(number) for number in (1, 2, 3))
    AssociationBlock.objects.update(frames="the same")
    Job.objects.exclude(pk=first.pk).update(state=JobState.INGESTED)
    Job.objects.filter(pk=first.pk).update(state=JobState.REJECTED, reason=Reason.NOT_CERTIFIED)
    text = first.block.text.replace("SCIENCE", "CALIB")
    AssociationBlock.objects.filter(pk=first.block_id).update(text=text)
    made = [state(job) for job in of(begun()).order_by("block")]

    assert made == [
        (JobState.REJECTED, Reason.NOT_SCIENCE),
        (JobState.WAITING, ""),
        (JobState.REJECTED, Reason.DUPLICATE),
    ]
    assert (second.block_id, third.block_id) == tuple(of(third.campaign).values_list("block", flat=True)[1:])


def test_what_will_always_be_wrong_with_an_ab_is_told_with_its_own_sentence(add):
    jobs = [add(number) for number in (1, 2)]
    for number, job in enumerate(jobs):
        said = {"reason": Reason.VIRTUAL_CALIBRATION, "sentence": f"Needs {number}."}
        Job.objects.filter(pk=job.pk).update(state=JobState.REJECTED, **said)

    assert [job.sentence for job in of(begun()).order_by("block")] == ["Needs 0.", "Needs 1."]


def test_a_look_at_a_large_campaign_says_how_far_it_is(add, monkeypatch):
    for number in range(3):
        add(number, date=f"2012-05-{9 + number:02d}")
    monkeypatch.setattr("processing.workflow.candidates.DATES", 1)
    said: list[int] = []
    control.preview_campaign(plan(), said.append)

    assert said == [1, 2, 3]


def test_rows_inserted_alike_are_those_that_objects_would_be(add):
    first = add(1)
    block = add(2).block
    Job.objects.filter(block=block).delete()
    common = Job(campaign=first.campaign, priority=-3, background=True, due=False)
    names = ("block_id", "date_id", "certificate_id", "state", "sentence", "late_seconds")
    insert(common, names, [(block.pk, first.date_id, None, "WAITING", 'it\'s 100 % "so"', 1.5)] * 2)
    made, expected = Job.objects.get(block=block), Job(block=block, campaign=first.campaign)

    told = (made.priority, made.background, made.due, made.certificate, made.sentence, made.late_seconds)
    assert told == (-3, True, False, None, 'it\'s 100 % "so"', 1.5)
    assert (made.token, made.claimed, made.transfers) == (None, None, 0)
    assert (made.expected_seconds, made.software) == (expected.expected_seconds, "")
