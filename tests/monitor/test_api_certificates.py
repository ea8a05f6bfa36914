"""Certificates through the API: read by everybody, drafted and reviewed by the same rules as on the pages."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from monitor.api import certificates
from processing import control
from processing.models import Certificate
from tests.monitor import rows
from tests.monitor.test_problems import problem

pytestmark = pytest.mark.django_db

LIST = "/api/v1/certificates/"
POINT = f"{LIST}UVES/ECHELLE-POINT/"


@pytest.fixture
def login(django_user_model):
    """A client of somebody in groups."""

    def client_of(name, *groups):
        user = django_user_model.objects.create_user(name)
        user.groups.set(Group.objects.filter(name__in=groups))
        client = Client()
        client.force_login(user)
        return client

    return client_of


@pytest.fixture
def eva(login):
    return login("eva", "edp")


@pytest.fixture
def carl(login):
    return login("carl", "certifier")


@pytest.fixture
def terms():
    return Certificate.objects.get(name="ECHELLE-POINT").terms


@pytest.fixture
def draft(terms):
    """Version 2, by eva."""
    return control.draft({**terms, "seconds": 1800.0}, "eva").row


def post(client, address, tag="*", **content):
    return client.post(address, content, content_type="application/json", headers={"if-match": tag})


def certify(client, **changes):
    return post(client, f"{POINT}2/certify/", **{"why": "read", "revision": 1, **changes})


def test_all_versions_are_listed_and_found_by_instrument_name_and_state(viewer, draft):
    found = viewer.get(f"{LIST}?instrument=UVES&name=ECHELLE-POINT").json()["results"]

    assert [list(row) for row in found] == [certificates.FIELDS] * 2
    assert [(row["version"], row["state"], row["author"][:4]) for row in found] == [
        (1, "CERTIFIED", "phoe"),
        (2, "DRAFT", "eva"),
    ]
    drafts = viewer.get(f"{LIST}?state=DRAFT").json()["results"]
    assert {row["state"] for row in drafts} == {"DRAFT"}


def test_one_version_has_its_content_and_what_it_was_used_for(viewer, terms):
    rows.archived(rows.job())
    found = viewer.get(f"{POINT}1/").json()

    assert found["content"] == terms
    assert (found["jobs"], found["waiting"], found["products"]) == (1, 1, 1)


def test_a_job_and_its_product_name_the_version(viewer):
    job = rows.attempted(rows.job())

    version = {"name": "ECHELLE-POINT", "version": 1}
    assert viewer.get("/api/v1/jobs/").json()["results"][0]["certificate"] == version
    [product] = viewer.get(f"/api/v1/abs/{job.block.name}/products/").json()
    assert product["certificate"] == version


def test_the_difference_goes_from_one_version_to_the_other(viewer, draft):
    assert viewer.get(f"{POINT}1/diff/?to=2").json() == [{"path": "seconds", "old": 3600.0, "new": 1800.0}]
    assert viewer.get(f"{POINT}2/diff/?to=2").json() == []


@pytest.mark.parametrize("query", ["", "?to=x", "?to=-1", "?to=99999999999999999999", "?from=1"])
def test_a_difference_to_no_version_is_refused(viewer, query):
    problem(viewer.get(f"{POINT}1/diff/{query}"), 400)


@pytest.mark.parametrize("address", [f"{POINT}9/", f"{POINT}{10**30}/", f"{POINT}1/diff/?to=9", f"{LIST}UVES/NO/1/"])
def test_what_is_not_there_is_not_found(viewer, address):
    problem(viewer.get(address), 404)


def test_eva_drafts_and_changes_her_draft(eva, terms):
    first = post(eva, LIST, content={**terms, "seconds": 1800.0})
    assert (first.status_code, first.headers["Location"]) == (201, f"{POINT}2/")
    assert (first.json()["author"], first.json()["state"], first.json()["revision"]) == ("eva", "DRAFT", 1)

    again = post(eva, LIST, content={**terms, "seconds": 900.0}, base="2.1")
    assert (again.status_code, again.json()["revision"]) == (200, 2)
    assert post(eva, LIST, content={**terms, "seconds": 60.0}, base="2.1").status_code == 409


def test_content_that_cannot_be_read_is_a_problem_that_names_every_key(eva, terms):
    found = problem(post(eva, LIST, content={**terms, "seconds": "long", "mode": {"technique": "X"}}), 400)

    assert [error["field"] for error in found["errors"]] == ["content.mode.technique", "content.seconds"]


@pytest.mark.parametrize("content", [[], "UVES", None, {"instrument": {"a": []}}, {}])
def test_a_body_of_another_shape_is_a_problem(eva, content):
    problem(post(eva, LIST, content=content), 400)


def test_carl_certifies_suspends_and_withdraws(carl, draft):
    found = certify(carl).json()
    assert (found["state"], found["certified_by"], found["review"]) == ("CERTIFIED", "carl", "read")

    for step, state in (("suspend", "SUSPENDED"), ("withdraw", "WITHDRAWN")):
        found = post(carl, f"{POINT}2/{step}/", why="noise", revision=1).json()
        assert (found["state"], found["closed_by"], found["closed_why"]) == (state, "carl", "noise")


def test_a_rule_that_is_broken_is_a_conflict_that_says_which(login, carl, terms, draft):
    dora = login("eva2", "certifier")
    control.draft({**terms, "seconds": 60.0}, "eva2")

    assert "four eyes" in problem(certify(dora, revision=2), 409)["detail"]
    assert "is at revision 2 by eva2" in problem(certify(carl), 409)["detail"]
    refused = problem(post(carl, f"{POINT}2/suspend/", why="noise", revision=2), 409)
    assert refused["detail"] == "UVES ECHELLE-POINT version 2 is DRAFT, and cannot become SUSPENDED"


@pytest.mark.parametrize("change", [{"why": ""}, {"why": "x" * 1001}, {"revision": None}, {"revision": 0}, {"more": 1}])
def test_a_step_without_its_word_is_a_problem(carl, draft, change):
    problem(certify(carl, **change), 400)


def test_each_takes_his_own_steps_only(eva, carl, viewer, terms, draft):
    assert certify(eva).status_code == 403
    assert certify(viewer).status_code == 403
    assert post(viewer, LIST, content=terms).status_code == 403
    assert draft.fresh().state == "DRAFT"


def test_a_stranger_reads_nothing(anonymous):
    assert anonymous.get(LIST).status_code == 401
