"""Failures through the API: kinds with numbers, the steps of a person, the evidence."""

from datetime import date
from io import BytesIO
from zipfile import ZipFile

import pytest

from processing.models import Cluster
from tests.monitor import failing
from tests.monitor.test_problems import problem

pytestmark = pytest.mark.django_db

LIST = "/api/v1/failures/"
FIELDS = ["fingerprint", "phase", "recipe", "message", "state", "seen", "who", "at", "why", "ticket",
          "failures", "new", "instruments", "first", "last"]  # fmt: skip


@pytest.fixture
def operator(allowed):
    return allowed("acknowledge_cluster")


def address(cluster, step=""):
    return f"{LIST}{cluster.fingerprint}/{step}"


def post(client, cluster, step="acknowledge/", **changes):
    body = {"why": "known", "expected": 2, **changes}
    return client.post(address(cluster, step), body, content_type="application/json")


def results(client, query=""):
    return client.get(f"{LIST}?{query}").json()["results"]


def test_kinds_are_listed_with_their_numbers(viewer):
    failing.night("UVES", date(2012, 5, 9), 3)
    failing.night("NACO", date(2012, 5, 8), 2)
    [row] = results(viewer)

    assert list(row) == FIELDS
    assert (row["failures"], row["new"], row["instruments"]) == (5, 5, {"UVES": 3, "NACO": 2})
    assert (row["state"], row["first"], row["last"]) == ("OPEN", "2012-05-08", "2012-05-09")


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("instrument=NACO", [1, 2]),
        ("from=2012-05-09", [2, 3]),
        ("to=2012-05-08&state=OPEN,HANDED_OVER", [1, 2]),
        ("phase=SCORES", []),
        ("state=ACKNOWLEDGED", []),
        ("recipe=scired&instrument=UVES&limit=1", [2]),
        ("instrument=FORS", []),
    ],
)
def test_they_are_found_by_state_phase_recipe_instrument_and_date(viewer, query, numbers):
    failing.night("UVES", date(2012, 5, 9), 5, 2)
    failing.night("NACO", date(2012, 5, 8), 3, 2)

    assert [row["failures"] for row in results(viewer, query)] == numbers


@pytest.mark.parametrize(
    "query", ["state=X", "from=x", "phase=", "night=2012-05-09", "limit=0", "instrument=a&instrument=b"]
)
def test_a_parameter_that_is_none_is_a_problem(viewer, query):
    problem(viewer.get(f"{LIST}?{query}"), 400)


def test_the_list_takes_as_many_queries_for_many_kinds_as_for_one(viewer, django_assert_max_num_queries):
    failing.history(days=8)
    with django_assert_max_num_queries(5):
        assert len(results(viewer)) == 5


def test_one_kind_has_versions_and_an_example(viewer):
    found = viewer.get(address(failing.several(2))).json()

    assert list(found) == [*FIELDS, "versions", "sample"]
    assert found["versions"] == [
        {"certificate": "UVES ECHELLE-POINT version 1", "pipeline": "uves/6.1.8", "software": ""}
    ]
    assert found["sample"]["lines"][0].startswith("[ ERROR ] uves_obs_scired: bias level")


def test_anna_acknowledges_and_hands_over(operator):
    cluster = failing.several(2)
    found = post(operator, cluster).json()
    assert (found["state"], found["seen"], found["new"], found["who"]) == (
        "ACKNOWLEDGED",
        2,
        0,
        "may_acknowledge_cluster",
    )

    found = post(operator, cluster, "handover/", ticket="PIPE-1").json()
    assert (found["state"], found["ticket"], found["why"]) == ("HANDED_OVER", "PIPE-1", "known")


def test_the_failures_of_a_kind_are_among_the_jobs(operator):
    cluster = failing.several(2)
    post(operator, cluster)
    failing.failed(7)
    failing.failed(8, "another error")
    jobs = operator.get(f"/api/v1/jobs/?fingerprint={cluster.fingerprint}").json()["results"]

    assert [job["acknowledged"] for job in jobs] == [True, True, False]
    assert {job["fingerprint"] for job in jobs} == {cluster.fingerprint}


def test_a_count_that_has_changed_is_a_conflict_with_the_new_count(operator):
    cluster = failing.several(2)
    failing.failed(7)
    found = problem(post(operator, cluster), 409)

    assert "there are 3 failures now, 2 were expected" in found["detail"]
    assert [(error["field"], error["found"]) for error in found["errors"]] == [("expected", 3)]
    assert cluster.fresh().state == "OPEN"


@pytest.mark.parametrize(
    ("step", "changes"),
    [
        ("acknowledge/", {"why": ""}),
        ("acknowledge/", {"why": "x" * 1001}),
        ("acknowledge/", {"expected": -1}),
        ("acknowledge/", {"expected": 2**80}),
        ("acknowledge/", {"ticket": "A-1"}),
        ("handover/", {}),
        ("handover/", {"ticket": "<b>"}),
        ("handover/", {"ticket": "A-1", "more": 1}),
    ],
)
def test_a_body_that_is_none_is_a_problem(operator, step, changes):
    cluster = failing.several(2)

    problem(post(operator, cluster, step, **changes), 400)
    assert cluster.fresh().state == "OPEN"


@pytest.mark.parametrize("step", ["acknowledge/", "handover/"])
def test_acting_needs_the_permission_and_a_login(viewer, anonymous, step):
    cluster = failing.several(2)

    assert "processing.acknowledge_cluster" in problem(post(viewer, cluster, step, ticket="A-1"), 403)["detail"]
    problem(post(anonymous, cluster, step, ticket="A-1"), 401)
    problem(viewer.get(address(cluster, step)), 405)


def test_reading_needs_a_login(anonymous):
    problem(anonymous.get(LIST), 401)
    problem(anonymous.get(f"{LIST}0123456789ab/evidence/"), 401)


@pytest.mark.parametrize("name", ["0123456789ab/", "0123456789ab/evidence/", "nonsense/"])
def test_what_is_not_there_is_not_found(viewer, name):
    problem(viewer.get(f"{LIST}{name}"), 404)


@pytest.mark.parametrize("accept", ["*/*", "application/zip"])
def test_the_evidence_is_a_zip_file(viewer, accept):
    answer = viewer.get(address(failing.several(1), "evidence/"), headers={"accept": accept})

    assert answer.headers["Content-Type"] == "application/zip"
    assert "README.txt" in ZipFile(BytesIO(answer.content)).namelist()


def test_a_kind_without_failures_is_in_no_list(viewer):
    failing.several(1)
    Cluster.objects.create(fingerprint="0123456789ab", phase="WORKER", message="never counted")

    assert len(results(viewer)) == 1
    assert viewer.get(f"{LIST}0123456789ab/").json()["failures"] == 0
    assert viewer.get("/failures/0123456789ab/").status_code == 200
