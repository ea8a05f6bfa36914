"""Products, ingestions and the acknowledgement of a date by REST."""

import pytest

from monitor.api import products
from processing import control
from processing.core.states import IngestState
from processing.models import Ingestion, Job, Product
from tests.monitor import rows
from tests.monitor.test_problems import problem

pytestmark = pytest.mark.django_db

DATE = "/api/v1/dates/UVES/2012-05-09/acknowledgement/"


@pytest.fixture
def versions():
    """An obsolete product and the current one, in the order of their registration."""
    rows.reprocessed(rows.attempted(rows.job()))
    return [rows.documented(product) for product in Product.objects.order_by("version")]


def listed(client, query=""):
    return client.get(f"/api/v1/products/?{query}").json()["results"]


def test_a_product_is_listed_with_every_field_of_its_contract(viewer, versions):
    old, _ = listed(viewer)
    product = versions[0]

    assert list(old) == products.ARCHIVED_FIELDS
    assert (old["version"], old["state"], old["state_reason"]) == (1, "OBSOLETE", product.state_reason)
    assert (old["ab"], old["campaign"]) == (product.job.block.name, "day-to-day")
    assert (old["instrument"], old["date"]) == ("UVES", "2012-05-09")
    certificate = product.job.certificate
    assert old["certificate"] == {"name": certificate.name, "version": certificate.version}
    assert old["files"] == product.ingestion.files


def test_a_product_of_a_job_without_certificate_is_listed(viewer, versions):
    Job.objects.update(certificate=None)

    assert [row["certificate"] for row in listed(viewer)] == [None, None]


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("instrument=UVES", 2),
        ("instrument=HAWKI", 0),
        ("date=2012-05-09", 2),
        ("date=2012-05-10", 0),
        ("state=CURRENT", 1),
        ("state=CURRENT,OBSOLETE", 2),
        ("state=DEPRECATED", 0),
        ("category=SCIENCE.SPECTRUM", 2),
        ("category=SCIENCE.IMAGE", 0),
        ("version=2", 1),
        ("version=3", 0),
    ],
)
def test_products_can_be_filtered(viewer, versions, query, number):
    assert len(listed(viewer, query)) == number


@pytest.mark.parametrize("suffix", ["", ".fits"])
def test_products_can_be_asked_by_name_with_and_without_suffix(viewer, versions, suffix):
    assert [row["version"] for row in listed(viewer, f"dp_id={versions[1].dp_id}{suffix}")] == [2]


@pytest.mark.parametrize(
    ("resource", "query", "parameter"),
    [
        ("products", "version=two", "version"),
        ("products", "version=-1", "version"),
        ("products", "version=²", "version"),
        ("products", f"version={'1' * 30}", "version"),
        ("products", "state=NEW", "state"),
        ("products", "dp_id=.fits", "dp_id"),
        ("products", "target=x", "target"),
        ("ingestions", "state=CURRENT", "state"),
        ("ingestions", "reason=MOON", "reason"),
    ],
)
def test_a_filter_that_cannot_be_meant_is_refused_by_name(viewer, resource, query, parameter):
    [error] = problem(viewer.get(f"/api/v1/{resource}/?{query}"), 400)["errors"]

    assert error["parameter"] == parameter


def test_products_are_read_page_by_page_without_loss(viewer):
    rows.night(5)
    address, found = "/api/v1/products/?limit=2", []
    while address:
        page = viewer.get(address).json()
        found += [row["dp_id"] for row in page["results"]]
        address = page["next"]

    assert found == list(Product.objects.values_list("dp_id", flat=True))
    assert len(found) == 5


def test_a_product_tells_where_its_values_came_from_and_its_versions(viewer, versions):
    found = viewer.get(f"/api/v1/products/{versions[1].dp_id}/").json()

    assert list(found) == [*products.ARCHIVED_FIELDS, "sources", "findings", "versions"]
    assert found["sources"] == versions[1].ingestion.sources
    assert found["findings"][0]["rule"] == "S20"
    assert [(row["version"], row["state"]) for row in found["versions"]] == [(1, "OBSOLETE"), (2, "CURRENT")]


def test_one_product_costs_as_many_queries_whatever_it_has(viewer, versions, django_assert_num_queries):
    with django_assert_num_queries(2 + 2):
        viewer.get(f"/api/v1/products/{versions[1].dp_id}/")


@pytest.mark.parametrize("address", ["products/ADP.2001-01-01T00:00:00.000/", "products/X/"])
def test_a_product_that_is_not_there_is_not_found(viewer, address):
    problem(viewer.get(f"/api/v1/{address}"), 404)


def test_the_products_of_an_ab_have_version_and_reason(viewer, versions):
    [found] = viewer.get(f"/api/v1/abs/{versions[0].job.block.name}/products/?campaign=day-to-day").json()

    assert (found["version"], found["state_reason"]) == (1, versions[0].state_reason)


def test_an_ingestion_is_listed_with_its_product(viewer, versions):
    first, _ = viewer.get("/api/v1/ingestions/").json()["results"]

    assert list(first) == products.INGESTION_FIELDS
    assert (first["state"], first["product"], first["attempts"]) == ("REGISTERED", versions[0].dp_id, 0)
    assert first["findings"][0]["rule"] == "S20"
    assert (first["instrument"], first["date"], first["label"]) == ("UVES", "2012-05-09", "RED580")


def test_an_ingestion_without_product_says_why(viewer):
    row = rows.attempted(rows.job())
    rows.repeated_in_vain(row)
    [found] = viewer.get("/api/v1/ingestions/?state=DUPLICATE").json()["results"]

    assert (found["product"], found["log"]) == (None, f"the same as {row.products.get().dp_id}")


@pytest.mark.parametrize(
    ("query", "number"),
    [("state=DEAD", 1), ("reason=INGEST_ATTEMPTS", 1), ("reason=IDP_RULES", 0), ("instrument=UVES", 2)],
)
def test_ingestions_can_be_filtered(viewer, versions, query, number):
    Ingestion.objects.filter(product__version=1).update(state="DEAD", reason="INGEST_ATTEMPTS")

    assert len(viewer.get(f"/api/v1/ingestions/?{query}").json()["results"]) == number


def test_a_date_is_acknowledged_as_the_command_line_does(viewer, versions):
    found = viewer.get(DATE).json()

    assert found["counts"] == {state: 2 * (state == "REGISTERED") for state in IngestState}
    assert [item["dp_id"] for item in found["items"]] == [product.dp_id for product in versions]
    assert found.keys() == control.acknowledgement("UVES", "2012-05-09").keys()


@pytest.mark.parametrize("number", [1, 5])
def test_an_acknowledgement_costs_two_queries_however_much_was_ingested(viewer, django_assert_num_queries, number):
    rows.night(number)
    with django_assert_num_queries(2 + 2):
        assert len(viewer.get(DATE).json()["items"]) == number


def test_a_date_that_nobody_knows_is_not_acknowledged(viewer):
    problem(viewer.get(DATE), 404)
