"""The read-only API for those who are logged in."""

import tomllib
from pathlib import Path

import pytest

from monitor.api import serializers
from monitor.api.serializers import JobSerializer
from processing.core.states import JobState, Reason
from processing.models import Campaign, Instrument, Job, ProcessingDate
from processing.version import VERSION
from tests.monitor import rows

pytestmark = pytest.mark.django_db

AB = "/api/v1/abs/UVES.2012-05-10T03:17:42.861.ab/"


def results(client, address):
    return client.get(address).json()["results"]


def test_status_says_version_windows_and_counts(viewer):
    rows.job()
    found = viewer.get("/api/v1/status/").json()

    assert found["version"] == VERSION
    assert found["jobs"]["WAITING"] == 1
    assert found["instruments"][0]["open"] is True
    assert found["now"].endswith("Z")


def test_the_version_is_the_projects():
    project = tomllib.loads((Path(__file__).parent.parent.parent / "pyproject.toml").read_text())

    assert project["project"]["version"] == VERSION


def test_dates_are_listed_newest_first_with_their_jobs_counted(viewer):
    rows.job()
    rows.job(rows.CELL)
    newest, oldest = results(viewer, "/api/v1/dates/")

    assert (newest["date"], oldest["date"]) == ("2012-05-10", "2012-05-09")
    assert (newest["instrument"], newest["state"], newest["abs"]) == ("UVES", "REGISTERED", 1)
    assert newest["jobs"]["WAITING"] == 1
    assert set(newest["jobs"]) == set(JobState)


def test_dates_can_be_filtered(viewer):
    rows.job()
    rows.job(rows.CELL)

    assert [row["date"] for row in results(viewer, "/api/v1/dates/?date=2012-05-09")] == ["2012-05-09"]
    assert results(viewer, "/api/v1/dates/?instrument=HAWKI") == []


def test_one_date_has_its_own_address(viewer):
    rows.job()

    assert viewer.get("/api/v1/dates/UVES/2012-05-09/").json()["jobs"]["WAITING"] == 1


def test_a_job_has_every_field_of_its_contract(viewer):
    row = rows.attempted(rows.job())
    [found] = results(viewer, "/api/v1/jobs/")

    assert list(found) == serializers.JOB_FIELDS
    assert found["ab"] == row.block.name
    assert (found["campaign"], found["instrument"], found["date"]) == ("day-to-day", "UVES", "2012-05-09")
    assert found["products"] == [row.products.get().dp_id]
    assert found["ended"].endswith("Z")


def test_a_waiting_job_says_what_it_waits_for(viewer):
    rows.job()

    assert results(viewer, "/api/v1/jobs/")[0]["sentence"].startswith("Waiting because")


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("state=REJECTED", 1),
        ("state=REJECTED,FAILED", 2),
        ("reason=NO_SIGNAL", 1),
        ("date=2012-05-09", 1),
        ("instrument=UVES", 3),
        ("instrument=UVES&state=LOST", 0),
    ],
)
def test_jobs_can_be_filtered(viewer, query, number):
    rows.job(rows.VIRTUAL)
    rows.job(rows.CELL)
    rows.put(rows.job(), JobState.FAILED, Reason.NO_SIGNAL, "noise")

    assert len(results(viewer, f"/api/v1/jobs/?{query}")) == number


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("prog_id=089.D-9901(A)", 1),
        ("ob_id=900417", 1),
        ("state=WAITING", 2),
        ("date=2012-05-10", 1),
        ("instrument=UVES", 2),
        ("ob_id=1", 0),
    ],
)
def test_abs_can_be_filtered(viewer, query, number):
    row = rows.job()
    rows.job(rows.CELL)
    # A second job must not make the AB appear twice.
    Job.objects.create(block=row.block, campaign=Campaign.objects.create(name="again"), date=row.date)

    assert len(results(viewer, f"/api/v1/abs/?{query}")) == number


def test_an_ab_is_listed_with_frames_and_standing(viewer):
    rows.job(rows.VIRTUAL)
    [found] = results(viewer, "/api/v1/abs/")

    assert list(found) == serializers.BLOCK_FIELDS
    assert found["raws"][0]["dp_id"] == "UVES.2012-05-12T00:41:55.027"
    assert found["jobs"] == [{"campaign": "day-to-day", "state": "REJECTED", "reason": "VIRTUAL_CALIBRATION"}]


def test_an_ab_has_its_text_and_its_jobs_with_and_without_suffix(viewer):
    rows.job()
    found = viewer.get(AB).json()

    assert found["text"] == rows.text()
    assert found["jobs"][0]["state"] == "WAITING"
    assert viewer.get(AB.replace(".ab/", "/")).json() == found


@pytest.mark.parametrize("accept", ["*/*", "text/plain", "application/json"])
def test_the_log_is_plain_text(viewer, accept):
    rows.attempted(rows.job(), log="a <b>\nÅ")
    answer = viewer.get(f"{AB}log/", headers={"accept": accept})

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.content.decode() == "a <b>\nÅ"


def test_the_log_of_a_recipe_that_did_not_run_is_empty(viewer):
    rows.job()

    assert viewer.get(f"{AB}log/").content == b""


def test_associations_say_what_goes_to_the_recipe(viewer):
    rows.job()
    found = viewer.get(f"{AB}associations/").json()

    assert found[0] == {
        "kind": "MCALIB",
        "name": "UV_MBIA_120509A_REDL_1x1.fits",
        "category": "MASTER_BIAS_REDL",
        "real": True,
        "dt": 0.441,
        "matches": True,
        "used": True,
    }
    assert [row["used"] for row in found if row["kind"] == "MASSOC"] == [False]


def test_a_parameter_that_is_no_number_is_null_with_a_mark(viewer):
    rows.attempted(rows.job())
    answer = viewer.get(f"{AB}scores/")
    [odd] = [row for row in answer.json()["qc1"] if row["not_finite"]]

    assert odd == {"name": "mean_reduced", "chip": "REDL", "value": None, "not_finite": True, "unit": "adu"}
    assert b"NaN" not in answer.content


def test_scores_come_with_their_thresholds(viewer):
    rows.attempted(rows.job())
    first = viewer.get(f"{AB}scores/").json()["scores"][0]

    assert (first["kind"], first["name"], first["high"], first["flag"]) == ("ASSOCIATION", "dt_bias", 5.0, 1)


def test_products_come_with_checksum_and_standing(viewer):
    row = rows.attempted(rows.job())
    [found] = viewer.get(f"{AB}products/").json()

    assert list(found) == serializers.PRODUCT_FIELDS
    assert found["sha256"] == row.products.get().sha256
    assert (found["state"], found["ingestion_state"]) == ("CURRENT", "REGISTERED")


def test_of_several_campaigns_one_can_be_asked(viewer):
    row = rows.attempted(rows.job(), log="first")
    again = Campaign.objects.create(name="again")
    Job.objects.create(block=row.block, campaign=again, date=row.date)

    assert viewer.get(f"{AB}log/").content == b""
    assert viewer.get(f"{AB}log/?campaign=day-to-day").content == b"first"
    assert viewer.get(f"{AB}log/?campaign=none").status_code == 404


def test_a_list_is_read_page_by_page_without_loss(viewer):
    rows.night(5, JobState.WAITING)
    address, found = "/api/v1/abs/?limit=2", []
    while address:
        page = viewer.get(address).json()
        found += [row["name"] for row in page["results"]]
        address = page["next"]

    assert found == sorted(set(found))
    assert len(found) == 5


@pytest.mark.parametrize("number", [1, 12])
def test_the_number_of_queries_of_a_list_does_not_depend_on_its_rows(viewer, django_assert_num_queries, number):
    rows.night(number)
    Instrument.objects.create(name="HAWKI")
    ProcessingDate.objects.create(instrument_id="HAWKI", date="2012-05-09")

    # Each with two for session and user.
    for address, queries in (("jobs", 4), ("abs", 5), ("dates", 4), ("products", 3), ("ingestions", 3)):
        with django_assert_num_queries(queries):
            viewer.get(f"/api/v1/{address}/?instrument=UVES")
    with django_assert_num_queries(2):
        viewer.get("/api/v1/adp/datasets/?instrument=UVES")


@pytest.mark.parametrize("state", [JobState.INGESTED, JobState.WAITING, JobState.FAILED])
def test_a_row_of_the_list_of_jobs_is_what_the_ab_says_of_its_job(viewer, state):
    row = rows.job()
    if state == JobState.INGESTED:
        rows.attempted(row)
    elif state == JobState.FAILED:
        rows.put(row, state, "NO_SIGNAL", "noise")
    [listed] = viewer.get("/api/v1/jobs/").json()["results"]

    assert viewer.get(f"/api/v1/abs/{row.block.name}/").json()["jobs"] == [listed]
    assert list(listed) == list(JobSerializer().fields)
