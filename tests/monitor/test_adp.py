"""What everybody may know of a raw frame: a contract."""

import json
from datetime import date

import pytest
from django.test import Client

from monitor.api import adp
from processing import control
from processing.core.states import TROUBLE, JobState, Reason
from processing.models import Campaign, Job, Product
from tests.monitor import rows
from tests.monitor.test_problems import problem

pytestmark = pytest.mark.django_db

DATASETS = "/api/v1/adp/datasets/"
FRAME = "UVES.2012-05-10T03:17:42.861"
OTHER = "UVES.2012-05-11T05:02:09.114"
FIELDS = ["dp_id", "status", "sentence", "products", "instrument", "date", "updated"]


def ask(client, query):
    answer = client.get(f"{DATASETS}?{query}")
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def test_the_vocabulary_is_closed_and_version_1(anonymous):
    found = anonymous.get("/api/v1/adp/vocabulary/").json()

    assert found["version"] == 1
    assert [row["status"] for row in found["vocabulary"]] == [
        "PROCESSED",
        "WAITING",
        "FAILED",
        "MISSING_CALIBRATION",
        "VIRTUAL_CALIBRATION",
        "NOT_CERTIFIED",
        "SKIPPED",
        "NOT_PROCESSED",
        "UNKNOWN",
    ]
    assert all(row["sentence"].endswith(".") for row in found["vocabulary"])


@pytest.mark.parametrize("state", JobState)
def test_every_state_of_a_job_has_a_word_outside(state):
    expected = {
        "WAITING": "WAITING",
        "RUNNING": "WAITING",
        "PROCESSED": "WAITING",
        "INGESTED": "PROCESSED",
        "REJECTED": "NOT_PROCESSED",
        "SKIPPED": "SKIPPED",
    }

    assert adp.status_of(state, "") == expected.get(state, "FAILED")
    assert (adp.status_of(state, "") == "FAILED") == (state in TROUBLE)


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        (Reason.VIRTUAL_CALIBRATION, "VIRTUAL_CALIBRATION"),
        (Reason.NOT_CERTIFIED, "NOT_CERTIFIED"),
        (Reason.MISSING_CALIBRATION, "MISSING_CALIBRATION"),
        (Reason.NOT_SCIENCE, "NOT_PROCESSED"),
        (Reason.RECIPE_NONE, "NOT_PROCESSED"),
        (Reason.DUPLICATE, "NOT_PROCESSED"),
    ],
)
def test_a_rejected_frame_says_why(reason, status):
    assert adp.status_of(JobState.REJECTED, reason) == status


def test_a_processed_frame_leads_to_its_product(anonymous):
    row = rows.attempted(rows.job())
    [found] = ask(anonymous, f"dp_id={FRAME}")

    assert list(found) == FIELDS
    assert (found["status"], found["products"]) == ("PROCESSED", [row.products.get().dp_id])
    assert (found["instrument"], found["date"]) == ("UVES", "2012-05-09")
    assert found["updated"].endswith("Z")


def test_a_failed_frame_says_that_there_is_no_second_attempt(anonymous):
    rows.put(rows.job(), JobState.FAILED, Reason.NO_SIGNAL, "noise")
    [found] = ask(anonymous, f"dp_id={FRAME}")

    assert found["status"] == "FAILED"
    assert "no second attempt" in found["sentence"]


def test_a_frame_that_nobody_knows_is_unknown(anonymous):
    [found] = ask(anonymous, "dp_id=UVES.2001-01-01T00:00:00.000")

    assert found == {
        "dp_id": "UVES.2001-01-01T00:00:00.000",
        "status": "UNKNOWN",
        "sentence": adp.SENTENCES[adp.Status.UNKNOWN],
        "products": [],
        "instrument": None,
        "date": None,
        "updated": None,
    }


def test_answers_come_in_the_order_asked_each_frame_once(anonymous):
    rows.job()
    rows.job(rows.CELL)
    found = ask(anonymous, f"dp_id={OTHER}.fits,nobody&dp_id={FRAME},{OTHER}")

    assert [row["dp_id"] for row in found] == [OTHER, "nobody", FRAME]


def test_nothing_of_the_operators_leaks(anonymous):
    row = rows.attempted(rows.job(), log="secret log", owner="secret host", software="secret software")
    Job.objects.filter(pk=row.pk).update(sentence="secret sentence")
    body = json.dumps(ask(anonymous, f"dp_id={FRAME}"))

    assert "secret" not in body
    assert "file:" not in body


def test_a_new_campaign_does_not_hide_a_product(anonymous):
    row = rows.attempted(rows.job())
    Job.objects.create(block=row.block, campaign=Campaign.objects.create(name="again"), date=row.date)

    assert ask(anonymous, f"dp_id={FRAME}")[0]["status"] == "PROCESSED"


def test_a_frame_that_failed_and_waits_in_a_new_campaign_waits(anonymous):
    row = rows.put(rows.job(), JobState.FAILED, Reason.NO_SIGNAL, "noise")
    Job.objects.create(block=row.block, campaign=Campaign.objects.create(name="again"), date=row.date)

    assert ask(anonymous, f"dp_id={FRAME}")[0]["status"] == "WAITING"


def test_a_product_that_was_replaced_is_not_offered(anonymous):
    rows.attempted(rows.job())
    Product.objects.update(state="OBSOLETE")

    assert ask(anonymous, f"dp_id={FRAME}")[0]["products"] == []


def test_a_frame_whose_reprocessing_was_a_duplicate_shows_the_current_product(anonymous):
    row = rows.attempted(rows.job())
    rows.repeated_in_vain(row)
    [found] = ask(anonymous, f"dp_id={FRAME}")

    assert (found["status"], found["products"]) == ("PROCESSED", [row.products.get().dp_id])


def test_a_frame_with_a_newer_version_shows_that_one_only(anonymous):
    repeated = rows.reprocessed(rows.attempted(rows.job()))
    [found] = ask(anonymous, f"dp_id={FRAME}")

    assert (found["status"], found["products"]) == ("PROCESSED", [repeated.products.get().dp_id])


def test_a_frame_whose_reprocessing_failed_keeps_its_product(anonymous):
    row = rows.attempted(rows.job())
    rows.again(row, JobState.FAILED, Reason.NO_SIGNAL)
    [found] = ask(anonymous, f"dp_id={FRAME}")

    assert (found["status"], found["products"]) == ("PROCESSED", [row.products.get().dp_id])


def test_a_deprecated_product_is_not_offered(anonymous):
    product = rows.attempted(rows.job()).products.get()
    control.deprecate(product.dp_id, "the secret reason", "anna")
    [found] = ask(anonymous, f"dp_id={FRAME}")

    assert (found["status"], found["products"]) == ("PROCESSED", [])
    assert "secret" not in json.dumps(found)


@pytest.mark.parametrize(
    "query", ["prog_id=089.D-9901(A)", "ob_id=900417", "date=2012-05-09", "date=2012-05-09&ob_id=900417"]
)
def test_frames_can_be_asked_by_programme_ob_and_date(anonymous, query):
    rows.job()
    rows.job(rows.CELL)

    assert [row["dp_id"] for row in ask(anonymous, query)] == [FRAME]


def test_frames_of_an_instrument_are_read_page_by_page(anonymous):
    rows.night(5, JobState.WAITING)
    address, found = f"{DATASETS}?instrument=UVES&limit=2", []
    while address:
        page = anonymous.get(address).json()
        found += [row["dp_id"] for row in page["results"]]
        address = page["next"]

    assert found == sorted(set(found))
    assert len(found) == 5


def test_a_frame_of_two_abs_is_one_dataset(anonymous):
    rows.job()
    rows.job(AB_NAME="UVES.twin.ab")  # rejected as a duplicate
    [found] = ask(anonymous, "date=2012-05-09")

    assert found["status"] == "WAITING"


@pytest.mark.parametrize(
    "query",
    [
        "",
        "limit=5",
        "dp_id=",
        f"dp_id={FRAME},,",
        "dp_id=%00",
        f"dp_id={FRAME}&date=2012-05-09",
        f"dp_id={FRAME}&limit=3",
        "date=yesterday",
        "dpid=x",
    ],
)
def test_a_question_that_cannot_be_meant_is_refused(anonymous, query):
    problem(anonymous.get(f"{DATASETS}?{query}"), 400)


def test_at_most_1000_frames_are_asked_at_once(anonymous):
    names = [f"UVES.{date(2001, 1, 1)}T{n}" for n in range(1001)]

    assert len(ask(anonymous, f"dp_id={','.join(names[:1000])}")) == 1000
    problem(anonymous.get(f"{DATASETS}?dp_id={','.join(names)}"), 400)


def test_the_number_of_queries_does_not_depend_on_the_number_of_frames(anonymous, django_assert_num_queries):
    names = [row.block.name.removesuffix(".ab") for row in rows.night(8)]
    for asked in (names[:1], names):
        with django_assert_num_queries(1):
            assert len(ask(anonymous, f"dp_id={','.join(asked)}")) == len(asked)


def post(client, body):
    return client.post(DATASETS, body, content_type="application/json")


def test_a_thousand_frames_are_asked_in_one_post_in_the_order_asked(anonymous):
    rows.job()
    names = [f"UVES.{date(2001, 1, 1)}T{n}" for n in range(999)]
    found = post(anonymous, {"dp_ids": [*names, f"{FRAME}.fits"]}).json()["results"]

    assert [row["dp_id"] for row in found] == [*names, FRAME]
    assert (found[0]["status"], found[-1]["status"]) == ("UNKNOWN", "WAITING")
    assert list(found[-1]) == FIELDS


@pytest.mark.parametrize(
    "body", [{}, {"dp_ids": []}, {"dp_ids": [""]}, {"dp_ids": "x"}, {"dp_ids": ["x"] * 1001}, {"dp_id": ["x"]}, [1]]
)
def test_a_post_that_cannot_be_meant_is_refused(anonymous, body):
    problem(post(anonymous, body), 400)


def test_a_post_needs_no_token_against_forgery_since_it_changes_nothing(viewer):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = viewer.cookies

    assert post(strict, {"dp_ids": ["x"]}).status_code == 200


def test_frames_come_as_tables_too(anonymous):
    rows.job()
    for query in ("date=2012-05-09", f"dp_id={FRAME}"):
        answer = anonymous.get(f"{DATASETS}?{query}&format=csv&fields=dp_id,status")
        assert b"".join(answer.streaming_content).decode() == f"dp_id,status\n{FRAME},WAITING\n"


@pytest.mark.parametrize(("path", "may"), [("adp/vocabulary/", True), ("status/", False)])
def test_pages_of_a_named_origin_may_ask_what_is_public_and_nothing_else(anonymous, settings, path, may):
    settings.CORS_ALLOWED_ORIGINS = ["https://adp.example.org"]
    answer = anonymous.get(f"/api/v1/{path}", headers={"origin": "https://adp.example.org"})
    stranger = anonymous.get(f"/api/v1/{path}", headers={"origin": "https://evil.example.org"})

    assert ("Access-Control-Allow-Origin" in answer.headers) == may
    assert "Access-Control-Allow-Origin" not in stranger.headers
    assert "Access-Control-Allow-Credentials" not in answer.headers
