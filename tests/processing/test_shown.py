"""What page and API show of a product that was really made: its files as archived, the source of every card."""

import hashlib

import pytest
from astropy.io import fits

from processing import control
from processing.models import Product
from tests.processing.conftest import run_night


def test_the_api_names_the_files_of_a_product_as_the_archive_has_them(add, admin_client):
    add()
    run_night()
    found = admin_client.get(f"/api/v1/products/{Product.objects.get().dp_id}/").json()

    assert {file["role"] for file in found["files"]} >= {"#this", "#preview"}
    for file in found["files"]:
        content = control.archived(file["name"]).read_bytes()
        assert (file["size"], file["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())


def test_the_page_has_the_source_of_each_value_that_stands_in_the_file(add, admin_client):
    job = add()
    run_night()
    product = Product.objects.get()
    shown = " ".join(admin_client.get(f"/abs/{job.block.name}/").content.decode().split())
    header = fits.getheader(control.archived(f"{product.dp_id}.fits"))

    assert product.ingestion.sources
    for row in product.ingestion.sources:
        assert f"<code>{row['keyword']}</code> </th> <td>{row['hdu']}</td>" in shown
        value = pytest.approx(row["value"]) if isinstance(row["value"], float) else row["value"]
        assert row["hdu"] or header[row["keyword"]] == value
